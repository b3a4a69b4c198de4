"""What a host was brought for the groups `monitoring` and `logs` goes again when no group asks for it."""

from applications import leftovers

from inventories import every_part, make_host

MAIL = {"alertmanager_mail": "ops@example.org"}
NOTHING = {"site": [], "server": [], "exporter": [], "journal": [], "certificate": [], "files": []}
SHOWN = {"prometheus_domain": "m.example.org", "prometheus_basic_auth": {"alice": "$6$salt$" + "x" * 86}}


def parts(web=("django",), mon=("postgresql", "monitoring", "logs"), **variables):
    """Return the parts of three hosts, of which the last may watch the others and have their journals."""
    mail = MAIL if "monitoring" in mon else {}
    hosts = (
        make_host("db1", ("redis",), base_address="10.0.0.8"),
        make_host("web1", web, {} if "django" in web else None, base_address="10.0.0.7"),
        make_host("mon1", mon, base_address="10.0.0.5", **mail, **variables),
    )
    return {name: one["parts"] for name, one in every_part(*hosts)["hosts"].items()}


def left(before, after):
    """Return what goes from a host with the parts of before."""
    return leftovers.left("\r\n".join(["system=debian 13", *(f"part={one}" for one in before)]), after)


def test_a_host_without_such_groups_has_no_part_and_no_record():
    assert parts(mon=("postgresql",)) == {"db1": [], "web1": [], "mon1": []}
    assert left([], []) == {}


def test_what_is_asked_for_is_recorded_and_stays():
    found = parts(**SHOWN)
    assert left([], found["web1"]) == NOTHING | {"record": "\n".join(found["web1"]) + "\n"}
    assert left(found["web1"], found["web1"]) == {}
    assert "exporter prometheus-exporter-exporter" in found["web1"]
    assert {"server prometheus", "site prometheus", "certificate prometheus", "certificate ca.hosts"} < set(
        found["mon1"]
    )


def test_all_goes_when_the_groups_are_empty():
    before, after = parts(**SHOWN), parts(mon=("postgresql",))
    assert left(before["web1"], after["web1"]) == {
        "site": [],
        "server": [],
        "exporter": [
            "mtail",
            "prometheus-blackbox-exporter",
            "prometheus-exporter-exporter",
            "prometheus-node-exporter",
        ],
        "journal": ["send"],
        "certificate": ["exporter.server", "journal.client"],
        "files": [
            "/etc/mtail/groundcrew",
            "/etc/prometheus/groundcrew-blackbox.yml",
            "/etc/prometheus/groundcrew-exporter-exporter.yml",
        ],
        "record": "",
    }
    gone = left(before["mon1"], after["mon1"])
    assert "/etc/prometheus/groundcrew-postgres.yml" in left(before["mon1"], [])["files"]
    (site,) = gone["site"]
    # Whole, as the role takes it without a look at its specification.
    assert (site["name"], site["state"]) == ("prometheus", "absent")
    assert {"certificate", "private_key", "upstream", "restricted_paths"} < set(site)
    assert (gone["server"], gone["journal"]) == (["alertmanager", "prometheus"], ["collect"])
    # The authority's key as well: nobody trusts it any more.
    assert set(gone["certificate"]) == {"ca.hosts", "journal.server", "prometheus", "prometheus.client"}


def test_a_host_that_is_to_leave_has_a_group_of_its_owners():
    before, after = parts(), parts(web=("leaving",))
    gone = left(before["web1"], after["web1"])
    assert after["web1"] == []
    assert len(gone["exporter"]) == 4
    assert gone["journal"] == ["send"]


def test_a_service_that_has_moved_away_takes_its_exporter_along():
    before, after = parts(web=("django", "postgresql")), parts()
    assert left(before["web1"], after["web1"])["exporter"] == ["prometheus-postgres-exporter"]


def test_consoles_go_without_what_watches():
    before, after = parts(**SHOWN), parts()
    gone = left(before["mon1"], after["mon1"])
    assert [one["name"] for one in gone["site"]] == ["prometheus"]
    assert gone | {"record": "", "site": []} == NOTHING | {"certificate": ["prometheus"], "record": ""}


def test_journals_that_are_collected_elsewhere_are_sent():
    before, after = parts(), parts(web=("django", "logs"), mon=("postgresql", "monitoring"))
    assert left(before["web1"], after["web1"])["journal"] == ["send"]
    assert left(before["mon1"], after["mon1"])["journal"] == ["collect"]


def test_what_somebody_elses_playbook_brought_stays():
    assert leftovers.left("unit=prometheus-node-exporter", []) == {}
    assert left(["exporter mtail", "something new"], [])["exporter"] == ["mtail"]
