"""What `make bench` makes of its measurements: medians, tables, the drawing; and the page is what it writes."""

import xml.etree.ElementTree as ElementTree

import pytest
from bench import core, figures, page, site
from bench.drawing import LABEL, WIDTH, drawing
from bench.figures import Row, Section, Spent


def row(what, run, controller, host):
    return Row(what, run, controller, host, controller + host, 2 * host)


@pytest.fixture
def section():
    rows = [row("script", "first", 1.0, 9.0), row("script", "second", 0.1, 0.4)]
    rows += [row("roles", "first", 5.0, 15.0), row("roles", "second", 1.0, 1.0)]
    return Section("core", rows, 5, "2026-11-27", "abc1234", "2 cores", "12", 3.2)


def test_each_column_is_a_median_of_its_own():
    rounds = [Spent(1, 30, 5), Spent(2, 10, 50), Spent(30, 20, 6)]
    assert figures.median("x", "first", rounds) == Row("x", "first", 2, 20, 31, 6)


def test_rounds_are_kept_by_row(capsys):
    rounds = figures.Rounds()
    for number in range(3):
        rounds.add("script", "first", Spent(number, 1, 1))
        rounds.add("script", "second", Spent(0, number, 1))
    assert rounds.rows() == [Row("script", "first", 1, 1, 2, 1), Row("script", "second", 0, 1, 1, 1)]
    assert len(capsys.readouterr().out.splitlines()) == 7


def test_a_table_compares_with_the_first_of_the_same_run(section):
    lines = page.table(section).splitlines()
    assert [line.split(" | ")[0] for line in lines[2:6]] == ["| script", "| roles", "| script", "| roles"]
    assert lines[3] == "| roles | first | 5.00 s | 15.0 s | **20.0 s** | 2.00 | 30.0 s |"
    assert lines[5].endswith("| **2.00 s** | 4.00 | 2.00 s |")
    assert lines[-1] == (
        "`make bench s=core n=5 docs=yes`: 2026-11-27, commit abc1234, Debian 12, 5 rounds; 2 cores, load 3."
    )


def test_a_table_without_others_has_no_ratio(section):
    lines = page.table(Section("site", *list(vars(section).values())[1:])).splitlines()
    assert len({line.count("|") for line in lines[:6]}) == 1
    assert "beside" not in lines[0]


def test_marks_give_way_to_tables(section):
    text = page.page("a\n<!-- core -->\nb\n<!-- site -->\n", {"core": section})
    assert "| script | first |" in text
    assert text.endswith("b\nNot measured yet.\n")


def test_the_drawing_fits_and_is_to_scale(section):
    root = ElementTree.fromstring(drawing(page.groups(section)))
    shapes = [shape for shape in root if shape.tag.endswith("rect") and shape.get("height") == "16"]
    assert len(shapes) == 8
    assert all(LABEL <= float(one.get("x")) <= WIDTH - float(one.get("width")) for one in shapes)
    assert float(shapes[3].get("x")) == pytest.approx(LABEL + float(shapes[2].get("width")), abs=0.2)
    first = [float(one.get("width")) for one in shapes[:4]]
    assert first[3] == pytest.approx(15 * first[0], rel=0.02)


def test_a_word_in_the_drawing_is_no_markup(section):
    assert "R&amp;D" in drawing({"R&D": section.rows})


def test_what_a_further_application_costs():
    one, five = row("one", "first", 10, 20), row("five", "first", 14, 40)
    assert site.further(one, five) == Row(site.FURTHER, "first", 1, 5, 6, 10)


def test_figures_come_back_from_their_file(section, tmp_path):
    figures.store(tmp_path / "figures.json", {"core": section})
    assert figures.load(tmp_path / "figures.json") == {"core": section}
    assert figures.load(tmp_path / "none.json") == {}


def test_the_script_holds_the_files(tmp_path):
    (tmp_path / "x").write_text("a $b 'c'\n")
    one = {"path": "/etc/x", "owner": "root", "group": "shop", "mode": "0640", "src": str(tmp_path / "x")}
    data = {"early": [], "files": [one], "certificates": "true\n", "unit": "pg", "packages": ["a", "b"], "limit": 3}
    text = core.script_of("#EARLY\n#FILES\n#CERTIFICATES\n@unit@ @packages@ @limit@\n", data)
    assert text == "\nput /etc/x root shop 640 <<'END_OF_FILE'\na $b 'c'\nEND_OF_FILE\ntrue\npg a b 3\n"


def test_the_page_is_what_the_figures_make():
    sections = figures.load(page.FIGURES)
    assert page.PAGE.read_text() == page.page(page.TEMPLATE.read_text(), sections), "run `make docs`"
    assert page.PICTURE.read_text() == drawing(page.groups(sections["core"]))
