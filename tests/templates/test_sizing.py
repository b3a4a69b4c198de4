"""PostgreSQL's memory and workers follow the host, from half a gigabyte to 256."""

import json

import pytest

# Gigabytes of memory and cores, and what NAMES are to be.
TABLE = {
    (0.5, 1): ("128MB", "358MB", "32MB", "2MB", 8, 100),
    (1, 1): ("256MB", "716MB", "64MB", "2MB", 8, 100),
    (2, 2): ("512MB", "1433MB", "128MB", "5MB", 8, 100),
    (4, 2): ("1024MB", "2867MB", "256MB", "10MB", 8, 100),
    (16, 8): ("4096MB", "11468MB", "1024MB", "20MB", 8, 200),
    (64, 16): ("16384MB", "45875MB", "2048MB", "40MB", 16, 400),
    (256, 64): ("65536MB", "183500MB", "2048MB", "40MB", 64, 1600),
}
NAMES = ["shared_buffers", "effective_cache_size", "maintenance_work_mem", "work_mem", "max_worker_processes"]
NAMES += ["max_connections"]


def host(memory, cores):
    """Return what a host answers; its kernel keeps a little memory for itself."""
    return {"__postgresql_found": {"stdout": f"version=17\nMemTotal: {int(memory * 2**20) - 4000} kB\ncores={cores}\n"}}


@pytest.mark.parametrize(
    "wanted",
    [pytest.param(TABLE[one], marks=pytest.mark.renders("sizing", host(*one)), id=str(one)) for one in TABLE],
)
def test_memory_and_workers_follow_the_host(files, wanted):
    sized = json.loads(files[0]["settings"])
    # Ansible 2.17 says numbers as text; the server's file has text anyway.
    assert [str(sized[name]) for name in NAMES] == [str(value) for value in wanted]
