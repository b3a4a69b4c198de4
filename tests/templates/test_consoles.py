"""The consoles of the role `prometheus`, served by Debian's own Prometheus out of six hours that are made up."""

import math
import re
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

CONSOLES = Path(__file__).resolve().parents[2] / "roles/prometheus/files/consoles"
STEP = 60  # seconds
SPAN = 6 * 3600
SHOP = 'application="shop",instance="web1"'
QUEUE = 'groundcrew_queue_length{redis="shop-broker",queue="celery",instance="web1"}'
CERTIFICATE = 'groundcrew_certificate_expiry_timestamp_seconds{certificate="shop",instance="web1"}'
FLAGS = (
    "--config.file=prometheus.yml --storage.tsdb.path=data --web.console.templates={0} --web.console.libraries={0} "
    "--web.user-assets={0} --storage.tsdb.retention.time=30d --web.listen-address=127.0.0.1:{1}"
)


def between(begins, ends, value):
    """Return a function of the time that knows a value between two moments alone."""
    return lambda at: value(at) if begins <= at < ends else None


def history(now):
    """Yield (series, function of the seconds since the beginning) of a host and a site with two releases."""
    yield f'probe_success{{job="site",{SHOP},url="https://shop.example.org/"}}', lambda _: 1
    for release, begins, ends in (("aaa111", 0, SPAN * 2 // 3), ("bbb222", SPAN * 2 // 3, SPAN + 1)):
        # What is made up has no end, as what was asked has: it counts for five minutes more.
        last = ends - 300 if ends < SPAN else ends
        yield f'groundcrew_release_info{{{SHOP},release="{release}"}}', between(begins, last, lambda _: 1)
        for code, rate in (("200", 8), ("302", 1), ("404", 0.4), ("500", 0.1 if release[0] == "a" else 0.6)):
            series = f'groundcrew_requests_total{{{SHOP},release="{release}",code="{code}"}}'
            yield series, between(begins, ends, lambda at, rate=rate: rate * (at + 700 * math.sin(at / 1500)))
        for le, part in (("0.05", 3), ("0.2", 8), ("1", 9.8), ("+Inf", 10)):
            series = f'groundcrew_request_duration_seconds_bucket{{{SHOP},release="{release}",le="{le}"}}'
            yield series, between(begins, ends, lambda at, part=part: at * part)
    deploys = f"groundcrew_deploy_timestamp_seconds{{{SHOP}}}"
    yield deploys, lambda at: now - SPAN // 3 if at >= SPAN * 2 // 3 else now - 4 * SPAN
    yield CERTIFICATE, lambda _: now + 5184000
    yield QUEUE, lambda at: at // 600 % 9
    yield f'ALERTS{{alertname="ErrorRate",alertstate="firing",severity="critical",{SHOP}}}', lambda _: 1
    yield 'ALERTS{alertname="Watchdog",alertstate="firing",severity="none"}', lambda _: 1
    yield 'up{job="node",instance="web1"}', lambda _: 1
    yield 'node_boot_time_seconds{instance="web1"}', lambda _: now - 864000
    yield 'groundcrew_security_updates{instance="web1"}', lambda _: 2
    for mode, part in (("idle", 0.7), ("user", 0.25), ("iowait", 0.05)):
        yield f'node_cpu_seconds_total{{instance="web1",cpu="0",mode="{mode}"}}', lambda at, part=part: at * part
    for name, size in (("MemTotal", 4e9), ("MemAvailable", 1.5e9), ("SwapTotal", 0), ("SwapFree", 0)):
        yield f'node_memory_{name}_bytes{{instance="web1"}}', lambda _, size=size: size
    for name, size in (("size", 4e10), ("avail", 2.6e10)):
        disk = 'instance="web1",fstype="ext4",mountpoint="/"'
        yield f"node_filesystem_{name}_bytes{{{disk}}}", lambda at, size=size: size - at * 3e5 * (size < 3e10)
    yield 'node_systemd_unit_state{instance="web1",name="shop.service",state="failed"}', lambda _: 0
    for name in ("receive", "transmit"):
        yield f'node_network_{name}_bytes_total{{instance="web1",device="eth0"}}', lambda at: at * 5e4


def openmetrics(now):
    """Return all of it as promtool takes it in."""
    lines = []
    for series, value in sorted(history(now), key=lambda one: one[0]):
        points = ((at, value(at)) for at in range(0, SPAN + 1, STEP))
        lines += [f"{series} {one} {now - SPAN + at}" for at, one in points if one is not None]
    return "\n".join([*lines, "# EOF", ""])


@pytest.fixture(scope="session")
def server(promtool, tmp_path_factory):
    """Return the address of a Prometheus that knows six hours, and serves the consoles."""
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "prometheus.yml").write_text("{}")
    (folder / "history").write_text(openmetrics(int(time.time())))
    made = [promtool, "tsdb", "create-blocks-from", "openmetrics", "history", "data"]
    subprocess.run(made, cwd=folder, capture_output=True, check=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [Path(promtool).with_name("prometheus"), *FLAGS.format(CONSOLES, port).split()]
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(command, cwd=folder, stdout=log, stderr=subprocess.STDOUT) as process,
    ):
        address = f"http://127.0.0.1:{port}"
        for _ in range(100):
            try:
                urllib.request.urlopen(f"{address}/-/ready")
                break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        yield address
        process.terminate()


def text(page):
    """Return what a page says, in one line."""
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


@pytest.fixture
def get(server):
    """Return a function that gets what is there, as text."""
    return lambda path: urllib.request.urlopen(f"{server}/{path}").read().decode()


def test_hosts_and_sites_at_a_glance(get):
    said = text(get("consoles/index.html"))
    assert "ErrorRate shop on web1" in said
    assert "Watchdog" not in said
    site = re.search(r"Certificate shop web1 answers bbb222 2h 0m \S+ ago (\S+)/s (\S+)% (\S+)ms (\S+)ms 59d", said)
    assert site, said
    requests, errors, median, slow = map(float, site.groups())
    assert 5 < requests < 20
    assert 3 < errors < 9
    assert 50 < median < 200 < slow < 1000
    assert re.search(r"Last backup web1 answers 30% 62\S*% \S+% 0 10d 0h 0m", said)


@pytest.mark.parametrize(
    ("path", "figures"), [("application.html?application=shop", 4), ("host.html?host=web1&span=1d", 4)]
)
def test_a_page_has_graphs(get, path, figures):
    page = get(f"consoles/{path}")
    assert page.count("<figure") == figures
    assert "ErrorRate" in page
    # Another span is of the same application or host.
    assert re.search(r'href="\?(application=shop|host=web1)&amp;span=7d"', page)


def test_updates_that_wait_are_told(get):
    assert "Security updates that wait: 2" in text(get("consoles/host.html?host=web1"))


def test_a_name_is_a_name_whatever_is_in_it(get):
    page = get("consoles/application.html?application=%22%7D%3Cscript%3Ealert(1)%3C/script%3E")
    assert "<script>" not in page
    assert "No site of this name is watched." in page
    assert "No host of this name" in get("consoles/host.html?host=")


def test_nothing_is_fetched_from_elsewhere(get):
    for file in CONSOLES.iterdir():
        assert set(re.findall(r"https?://[\w./]+", file.read_text())) <= {"http://www.w3.org/2000/svg"}, file.name
    assert "prefers-color-scheme: dark" in get("user/groundcrew.css")


@pytest.mark.parametrize("page", ["application.html?application=shop", "host.html?host=web1"])
def test_a_browser_draws_the_graphs(server, tmp_path, page):
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not browser:
        pytest.skip("there is no Chromium on this machine")
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}", "--dump-dom"]
    command += ["--virtual-time-budget=5000", "--enable-logging=stderr", f"{server}/consoles/{page}"]
    result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    figures = re.findall(r"<figure.*?</figure>", result.stdout, re.DOTALL)
    assert len(figures) == 4
    for figure in figures:
        curves = re.findall(r'class="curve [cs]\d" d="(M[^"]+)"', figure)
        assert curves, figure
        assert "NaN" not in figure
        assert all(curve.count("L") > 20 for curve in curves), figure
    assert "CONSOLE" not in result.stderr, result.stderr
    if page.startswith("application"):
        assert len(re.findall('class="mark"', figures[0])) == 1
        assert "bbb222" in figures[0]
        assert 'class="curve s5"' in figures[0]
