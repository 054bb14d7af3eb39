"""Cases: tests of criteria sets, written as data: answers of units, and the results that they must give."""
