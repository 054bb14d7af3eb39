"""Texts in messages: suggestions for misspelt names, and texts from outside, shown safely."""
