"""Connections to a Unix socket, counted as the kernel lists them."""

import socket
import threading
import time

import pytest
from groundcrew_release import drain


@pytest.fixture
def listener(tmp_path):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "web.sock"))
        server.listen()
        yield server


def connect(path):
    client = socket.socket(socket.AF_UNIX)
    client.connect(str(path))
    return client


def test_queued_and_accepted_connections_count(listener, tmp_path):
    path = tmp_path / "web.sock"
    assert drain.connections(path, (drain.QUEUED, drain.ACCEPTED)) == 0
    waiting = connect(path)
    assert drain.connections(path, (drain.QUEUED,)) == 1
    taken, _ = listener.accept()
    assert drain.connections(path, (drain.QUEUED,)) == 0
    assert drain.connections(path, (drain.QUEUED, drain.ACCEPTED)) == 1
    waiting.close()
    taken.close()
    assert drain.connections(path, (drain.QUEUED, drain.ACCEPTED)) == 0


def test_ends_when_the_last_has_closed(listener, tmp_path):
    client = connect(tmp_path / "web.sock")
    taken, _ = listener.accept()
    threading.Timer(0.3, lambda: (taken.close(), client.close())).start()
    start = time.monotonic()
    assert drain.drain(tmp_path / "web.sock", 5) == 0
    assert 0.25 < time.monotonic() - start < 1


def test_is_bounded(listener, tmp_path):
    client = connect(tmp_path / "web.sock")
    start = time.monotonic()
    assert drain.drain(tmp_path / "web.sock", 0.2) == 1
    assert time.monotonic() - start < 1
    client.close()
    del listener


def test_open_websockets_are_not_waited_for(listener, tmp_path, monkeypatch):
    monkeypatch.setattr(drain, "KEPT", 0.2)
    client = connect(tmp_path / "web.sock")
    taken, _ = listener.accept()
    start = time.monotonic()
    assert drain.drain(tmp_path / "web.sock", 5, queued=True) == 0
    # What Nginx kept is gone by then.
    assert 0.2 <= time.monotonic() - start < 1
    taken.close()
    client.close()


def test_socket_that_is_gone(tmp_path):
    assert drain.drain(tmp_path / "nothing.sock", 5) == 0
