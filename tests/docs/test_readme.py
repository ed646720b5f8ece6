"""The README's ten lines run as they stand and say what the comments say; its links lead somewhere."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_ten_lines_run(capsys: pytest.CaptureFixture[str]) -> None:
    (source,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.S)
    exec(compile(source, "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "equity 997.5, maintenance 250, initial 500" in printed
    assert "below 4213.157894, above none" in printed
    assert "filled account=8 counterparty=9 instrument=BTC-PERP quantity=1 price=5000" in printed


@pytest.mark.parametrize("page", sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]), ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"
