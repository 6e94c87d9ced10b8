"""The words that mean something in SOQL."""

AGGREGATES = frozenset({"COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN", "MAX"})
DATE_FUNCTIONS = frozenset({
    "CALENDAR_MONTH", "CALENDAR_QUARTER", "CALENDAR_YEAR", "DAY_IN_MONTH", "DAY_IN_WEEK", "DAY_IN_YEAR", "DAY_ONLY",
    "FISCAL_MONTH", "FISCAL_QUARTER", "FISCAL_YEAR", "HOUR_IN_DAY", "WEEK_IN_MONTH", "WEEK_IN_YEAR",
})  # fmt: skip
WRAPPERS = frozenset({"TOLABEL", "FORMAT", "CONVERTCURRENCY", "CONVERTTIMEZONE"})
FUNCTIONS = AGGREGATES | DATE_FUNCTIONS | WRAPPERS
RESERVED = frozenset(
    {
        "FROM",
        "WHERE",
        "USING",
        "WITH",
        "GROUP",
        "HAVING",
        "ORDER",
        "LIMIT",
        "OFFSET",
        "FOR",
        "ALL",
        "AND",
        "OR",
        "NOT",
        "IN",
        "LIKE",
        "SELECT",
    }
)
ALSO_OBJECTS = frozenset({"ORDER", "GROUP"})
"""Standard objects of that name exist, and FROM takes them."""
_PERIODS = ("WEEK", "MONTH", "QUARTER", "YEAR", "FISCAL_QUARTER", "FISCAL_YEAR")
DATE_LITERALS = frozenset(
    {"YESTERDAY", "TODAY", "TOMORROW", "LAST_90_DAYS", "NEXT_90_DAYS"}
    | {f"{which}_{period}" for which in ("LAST", "THIS", "NEXT") for period in _PERIODS}
)
COUNTED_LITERALS = frozenset(
    {f"{which}_N_{unit}S" for which in ("LAST", "NEXT") for unit in ("DAY", *_PERIODS)}
    | {f"N_{unit}S_AGO" for unit in ("DAY", *_PERIODS)}
)
