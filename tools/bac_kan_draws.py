"""Random answers of units of Bắc Kạn, for everything that no published fact determines."""

from __future__ import annotations

import datetime
import random
from typing import NamedTuple

from bac_kan_units import DISTRICTS, EVERY_DISTRICT, FIXED, LEVELS, NOT_REPORTED, Answers, Unit


class ThemeShares(NamedTuple):
    """The approximate share of the points that a unit gets in each theme, from 0 to 1."""

    policy: float
    equipment: float
    security: float
    staff: float
    presence: float
    interaction: float
    transaction: float
    transformation: float

    def with_levels(self, readiness: int, achievement: int) -> ThemeShares:
        """The shares that a unit needs to reach these levels; 0: no level."""
        shares = self
        if readiness:
            share = READINESS_SHARE[readiness]
            shares = shares._replace(policy=share, equipment=share, security=share, staff=share)
        if achievement:
            share = ACHIEVEMENT_SHARE[achievement]
            shares = shares._replace(presence=share, interaction=share, transaction=share, transformation=share)
        return shares


TIER_SHARES = {
    # Departments lack security equipment and staff, and receive few online files.
    "department": ThemeShares(0.85, 0.8, 0.2, 0.45, 0.85, 0.85, 0.3, 0.6),
    # Similar to departments. Seven districts stay below 70 % of infrastructure and human resources.
    "district": ThemeShares(0.85, 0.7, 0.15, 0.45, 0.85, 0.85, 0.35, 0.5),
    # Communes do well in documents, e-mail and signatures, but badly in security, one-stop desks and households.
    "commune": ThemeShares(0.75, 0.55, 0.12, 0.5, 0.7, 0.8, 0.2, 0.6),
}

READINESS_SHARE = {2: 0.95, 3: 0.9, 4: 0.8}
ACHIEVEMENT_SHARE = {2: 0.93, 3: 0.9, 4: 0.82}


class Size(NamedTuple):
    """Smallest and largest number of staff, procedures and so on in a tier."""

    staff: tuple[int, int]
    procedures: tuple[int, int]
    files: tuple[int, int]
    documents: tuple[int, int]


SIZES = {
    "department": Size((20, 85), (25, 140), (200, 4000), (800, 4000)),
    "district": Size((85, 120), (210, 290), (3000, 9000), (3000, 7000)),
    "commune": Size((16, 24), (100, 150), (250, 1500), (300, 1200)),
}


class Draws:
    """Random values that depend only on the seed.

    They are all derived from ``random()``, the only method of ``random.Random`` whose values never change between
    versions of Python.
    """

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)

    def number(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return low + int(self._random.random() * (high - low + 1))

    def yes(self, probability: float) -> int:
        """1 with this probability, otherwise 0."""
        return int(self._random.random() < probability)

    def part(self, whole: int, share: float) -> int:
        """About this share of ``whole``."""
        near = share + (self._random.random() - 0.5) * 0.2
        return int(whole * min(max(near, 0.0), 1.0) + 0.5)

    def option(self, probability: float, best: str, middle: str, none: str) -> str:
        """``best`` with this probability, otherwise ``middle`` in two of three cases."""
        if self.yes(probability):
            return best
        return middle if self.yes(2 / 3) else none

    def day(self, probability: float, *periods: tuple[str, str]) -> str:
        """A day of the first period with this probability, otherwise of the second with this probability, and so on."""
        start, end = next((period for period in periods[:-1] if self.yes(probability)), periods[-1])
        first, last = datetime.date.fromisoformat(start), datetime.date.fromisoformat(end)
        return (first + datetime.timedelta(days=self.number(0, (last - first).days))).isoformat()


def draw(unit: Unit, attempt: int) -> Answers:
    """The answers of a unit: its fixed answers, and random ones for all other indicators."""
    draws, size = Draws(f"bac-kan-2020 {unit.id} {attempt}"), SIZES[unit.tier]
    shares = TIER_SHARES[unit.tier].with_levels(*LEVELS.get(unit.id, (0, 0)))
    fixed = (EVERY_DISTRICT if unit.tier == "district" else {}) | FIXED.get(unit.id, {})
    staff = int(str(fixed.get("staff", draws.number(*size.staff))))
    procedures, files = draws.number(*size.procedures), draws.number(*size.files)
    answers: Answers = {"staff": staff, "procedures": procedures, "files": files}
    answers |= policy(draws, shares)
    answers |= equipment(draws, shares, staff, unit)
    answers |= security(draws, shares, unit)
    answers |= human_resources(draws, shares, staff)
    answers |= presence(draws, shares, procedures)
    answers |= interaction(draws, shares, staff, draws.number(*size.documents))
    answers |= transaction(draws, shares, procedures, files)
    answers |= transformation(draws, shares, staff, procedures, files)
    answers |= fixed
    for code in NOT_REPORTED.get(unit.id, ()):
        answers.pop(code, None)
    return answers


def policy(draws: Draws, shares: ThemeShares) -> Answers:
    """Answers to the indicators of policy_environment."""
    tasks = draws.number(5, 12)
    return {
        "steering_committee": draws.option(shares.policy, "head", "deputy", "none"),
        "steering_committee_meetings": draws.number(2, 4) if draws.yes(shares.policy) else draws.number(0, 1),
        "regulation_lan": draws.yes(shares.policy),
        "regulation_shared_software": draws.yes(shares.policy),
        "regulation_information_security": draws.yes(shares.policy),
        "it_plan_issued": draws.day(
            shares.policy, ("2020-01-03", "2020-01-31"), ("2020-02-03", "2020-03-31"), ("2020-04-01", "2020-05-15")
        ),
        "it_plan_tasks": tasks,
        "it_plan_tasks_done": draws.part(tasks, shares.policy),
        "steering_documents": draws.part(6, shares.policy),
        "leader_chairs_meetings": draws.yes(shares.policy),
        "conclusions_issued": draws.yes(shares.policy),
        "communication_plan": draws.yes(shares.policy),
    }


def equipment(draws: Draws, shares: ThemeShares, staff: int, unit: Unit) -> Answers:
    """Answers to the indicators of infrastructure except security; also of households, if the tier has them."""
    everything = unit.tier == "district"  # a computer for every official, antivirus on every computer
    computers = staff + draws.number(0, 5) if everything else draws.part(staff, 0.5 + 0.5 * shares.equipment)
    items, town = draws.number(9, 12), 0.15 if unit.id[0] in "pt" or unit.id == "d-bac-kan" else 0.0
    answers: Answers = {
        "computers": computers,
        "computers_antivirus": computers if everything else draws.part(computers, 0.4 + 0.6 * shares.equipment),
        "computers_on_lan": draws.part(computers, 0.4 + 0.6 * shares.equipment),
        "computers_recent": draws.part(computers, shares.equipment),
        "lan": draws.option(shares.equipment, "structured", "simple", "none"),
        "internet_bandwidth": 10 * draws.part(7, shares.equipment),
        "lookup_screen": draws.yes(shares.equipment - (0.3 if unit.tier == "commune" else 0.0)),
        "led_screen": draws.yes(shares.equipment - 0.1),
        "barcode_reader": draws.yes(shares.equipment - (0.4 if unit.tier == "commune" else 0.2)),
        "online_meeting_room": draws.yes(shares.equipment if unit.tier != "commune" else 0.2),
        "one_stop_citizen_computer": draws.yes(shares.equipment),
        "one_stop_scanner": draws.yes(shares.equipment),
        "one_stop_items_required": items,
        "one_stop_items": draws.part(items, shares.equipment),
    }
    if unit.tier != "department":
        households = draws.number(400, 1100)
        if everything:
            households = sum(draws.number(650, 800) for _ in DISTRICTS[unit.name].split(","))
        answers |= {
            "households": households,
            "households_computer": draws.part(households, 0.14 + town),
            "households_television": draws.part(households, 0.38 + town),
            "households_internet": draws.part(households, 0.25 + town),
        }
    return answers


def security(draws: Draws, shares: ThemeShares, unit: Unit) -> Answers:
    """Answers to the indicators of infrastructure that are about protecting information."""
    answers: Answers = {
        "firewall_appliance": draws.yes(shares.security),
        "firewall_software": draws.yes(shares.security + 0.1),
        "cameras": draws.number(4, 9) if draws.yes(shares.security) else draws.number(0, 2) * draws.yes(0.35),
        "lan_lightning_protection": draws.yes(shares.security),
        "security_incidents": draws.number(1, 3) * draws.yes(0.15),
    }
    if unit.tier != "commune":
        answers["data_backup"] = draws.yes(shares.security + 0.3)
    return answers


def human_resources(draws: Draws, shares: ThemeShares, staff: int) -> Answers:
    """Answers to the indicators of human_resources."""
    official = draws.option(shares.staff, "full_time", "part_time", "none")
    answers: Answers = {
        "leader_in_charge": draws.yes(shares.staff + 0.4),
        "it_official": official,
        "it_official_degree": "other"
        if official == "none"
        else draws.option(shares.staff, "university", "college", "other"),
        "leader_trained": draws.yes(shares.staff),
        "staff_trained": draws.part(staff, shares.staff),
        "staff_certified": draws.part(staff, shares.staff),
        "security_training": draws.yes(shares.staff),
    }
    if official != "none":  # otherwise nobody can attend a course, and the criterion does not apply
        answers["it_official_courses"] = draws.part(3, shares.staff)
    return answers


def presence(draws: Draws, shares: ThemeShares, procedures: int) -> Answers:
    """Answers to the indicators of presence."""
    required, documents, questions = draws.number(16, 24), draws.number(15, 120), draws.number(0, 25)
    return {
        "portal": "own" if draws.yes(shares.presence) else "pages",
        "information_items_required": required,
        "information_items": draws.part(required, shares.presence),
        "news_published": draws.part(100, shares.presence - 0.1),
        "public_documents": documents,
        "public_documents_published": draws.part(documents, shares.presence),
        "procedures_published": draws.part(procedures, shares.presence + 0.1),
        "work_schedule_published": draws.yes(shares.presence),
        "questions_received": questions,
        "questions_answered": draws.part(questions, shares.presence),
        "update_days": draws.number(4, 24) / 2 if draws.yes(1 - shares.presence) else draws.number(2, 8) / 2,
        "budget_disclosed": draws.yes(shares.presence),
        "editorial_board": draws.yes(shares.presence),
    }


def interaction(draws: Draws, shares: ThemeShares, staff: int, documents: int) -> Answers:
    """Answers to the indicators of interaction."""
    received, sent = documents, draws.part(documents, 0.4)
    electronic, leaders = draws.part(sent, shares.interaction), draws.number(2, 4)
    accounts, work_files = draws.part(staff, shares.interaction + 0.1), draws.number(20, 300)
    return {
        "document_system_users": draws.part(staff, shares.interaction + 0.1),
        "documents_in": received,
        "documents_in_processed": draws.part(received, shares.interaction),
        "documents_out": sent,
        "documents_out_electronic": electronic,
        "documents_out_signed": draws.part(electronic, shares.interaction),
        "leaders": leaders,
        "leaders_with_signature": draws.part(leaders, shares.interaction),
        "email_accounts": accounts,
        "email_accounts_active": draws.part(accounts, shares.interaction),
        "one_stop_software": draws.option(shares.interaction, "connected", "separate", "none"),
        "online_meetings": draws.part(5, shares.interaction),
        "work_files": work_files,
        "work_files_electronic": draws.part(work_files, shares.interaction - 0.1),
        "hotline": draws.yes(shares.interaction),
        "online_feedback": draws.yes(shares.interaction),
    }


def transaction(draws: Draws, shares: ThemeShares, procedures: int, files: int) -> Answers:
    """Answers to the indicators of transaction."""
    offered, concerned = draws.part(procedures, 0.2 + 0.65 * shares.transaction), draws.part(files, 0.5)
    online = draws.part(concerned, shares.transaction)
    return {
        "procedures_online": offered,
        "procedures_level_4": draws.part(offered, 0.3 * shares.transaction),
        "procedures_online_with_files": draws.part(offered, shares.transaction),
        "files_level_3_4": concerned,
        "online_files": online,
        "online_files_level_4": draws.part(online, 0.1),
        "online_files_on_time": draws.part(online, 0.95),
        "files_on_time": draws.part(files, 0.9),
        "files_in_system": draws.part(files, 0.6 + 0.4 * shares.transaction),
        "files_by_post": draws.part(150, 0.5 * shares.transaction),
        "guidance_sessions": draws.number(0, 2),
        "online_payment": draws.yes(shares.transaction),
    }


def transformation(draws: Draws, shares: ThemeShares, staff: int, procedures: int, files: int) -> Answers:
    """Answers to the indicators of transformation."""
    return {
        "procedures_reviewed": draws.part(procedures, shares.transformation + 0.1),
        "integrated_systems": draws.part(3, shares.transformation),
        "shared_datasets": draws.part(4, shares.transformation),
        "electronic_citizens": draws.part(staff, shares.transformation),
        "directive_03_plan_issued": draws.day(
            shares.transformation,
            ("2020-05-25", "2020-06-10"),
            ("2020-06-11", "2020-06-30"),
            ("2020-07-01", "2020-07-10"),
        ),
        "directive_03_made_known": draws.yes(shares.transformation + 0.3),
        "results_electronic": draws.part(files, shares.transformation),
    }
