"""The alerts of the role `prometheus`, judged by Prometheus' own tool: each once firing and once silent."""

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml

CASES = yaml.safe_load(Path(__file__).with_name("alerts.yml").read_text())


@pytest.fixture
def rules(files):
    """The alerts by name, as the role writes them."""
    return {rule["alert"]: rule for rule in yaml.safe_load(files[0]["alerts.yml"])["groups"][0]["rules"]}


def series(values):
    return [{"series": name, "values": text} for name, text in values.items()]


def expected(name, rule, case):
    """Return the alert that is to fire: labels and annotations, of which only templates are said by the case."""
    said = {key: case["says"].get(key, text) for key, text in rule["annotations"].items()}
    assert not any("{{" in text for text in said.values()), f"{name}: the case leaves out a template"
    return {"exp_labels": {**case["labels"], **rule["labels"]}, "exp_annotations": said}


def alert(name):
    """Return the alert of a case: the first word of its name."""
    return name.partition(" ")[0]


def scenario(name, values, at, alerts, every):
    test = {"eval_time": at, "alertname": alert(name), "exp_alerts": alerts}
    return {"name": name, "interval": every, "input_series": series(values), "alert_rule_test": [test]}


def scenarios(rules, every):
    """Yield each scenario with a value so often, as promtool reads it."""
    for name, case in CASES.items():
        if case.get("every", "1m") == every:
            firing = [expected(name, rules[alert(name)], case)]
            yield scenario(f"{name} fires", case["firing"], case["at"], firing, every)
            if "silent" in case:
                yield scenario(f"{name} is silent", case["silent"], case["at"], [], every)


@pytest.mark.parametrize("every", ["1m", "30m"])
@pytest.mark.renders("prometheus", {"prometheus_retention": "30d"})
def test_alerts_fire_and_are_silent(promtool, files, rules, tmp_path, every):
    assert {alert(name) for name in CASES} == set(rules), "an alert has no case"
    (tmp_path / "alerts.yml").write_text(files[0]["alerts.yml"])
    tests = {"rule_files": ["alerts.yml"], "evaluation_interval": every, "tests": list(scenarios(rules, every))}
    (tmp_path / "tests.json").write_text(json.dumps(tests))
    result = subprocess.run([promtool, "test", "rules", "tests.json"], cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.renders("prometheus", {"prometheus_retention": "30d"})
def test_an_alert_says_what_to_do(rules):
    for name, rule in rules.items():
        said = rule["annotations"]
        assert {"summary", "action", "command"} <= set(said), name
        assert re.match(r"[A-Z].*\.$", said["action"]), name
        assert rule["labels"]["severity"] in ("critical", "warning", "info", "none"), name
