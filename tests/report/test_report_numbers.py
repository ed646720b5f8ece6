import pytest

from plimsoll.report import numbers


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0", "0"),
        ("0.001", "under 0.01"),
        ("7.5", "7.50"),
        ("-999.6", "−1000"),
        ("1234.5", "1.23 k"),
        ("123456", "123 k"),
        ("-4567890", "−4.57 m"),
        ("98765432", "98.8 m"),
        ("1500000000", "1.50 bn"),
    ],
)
def test_amounts_are_short(value: str, text: str):
    assert numbers.amount(value).replace(numbers.THIN, " ") == text
    assert numbers.amount(value, "USDC").replace(numbers.THIN, " ") == f"{text} USDC"


def test_exact_amounts_keep_every_digit():
    assert numbers.exact("1234567.89") == "1,234,567.89"
    assert numbers.exact("-1500000") == "−1,500,000"
    assert numbers.exact("1500.500000", "USDC") == "1,500.5 USDC"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "within one step"),
        (0.5, "under 1 s"),
        (15, "15 s"),
        (60, "1 min"),
        (5400, "1 h 30 min"),
        (90061, "1 d 1 h"),
    ],
)
def test_durations_are_words(seconds: float, text: str):
    assert numbers.duration(seconds).replace(numbers.THIN, " ") == text


def test_shares_and_counts():
    assert numbers.percent(-0.5224).replace(numbers.THIN, " ") == "−52.2 %"
    assert numbers.whole(1234567) == "1,234,567"
    assert numbers.words("backstop_after") == "backstop after"
