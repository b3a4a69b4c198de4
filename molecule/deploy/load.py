"""Ask a site at a steady rate, whatever it answers, and count every request that did not get its answer.

    load.py DOMAIN RESULT.json [PAGE…]      until a file RESULT.json.stop exists, or for half an hour

Open loop: a request starts when its time has come, not when the one before is done. Reads and writes and slow
requests on connections of their own, and reads on connections that are kept alive. A failure is anything but 200:
another status, a refused, reset or closed connection, no answer within 20 seconds. Pages that are named are asked for
ten times a second, in place of those of RATES. The variable LOAD is the share of all that (0.4 or so) for a host that
has more to do.
"""

import asyncio
import json
import os
import re
import ssl
import sys
import time
from pathlib import Path

LOAD = float(os.environ.get("LOAD", "1"))
RATES = {"/": 15, "/write": 3, "/signed": 3, "/slow": 0.5}  # requests per second, each on a new connection
KEPT, KEPT_PAUSE = 5, 0.25  # connections that are kept alive, and seconds between their requests
LONGEST, PATIENCE = 1800, 20  # seconds
context = ssl._create_unverified_context()
cookies = {}
results = {"requests": 0, "kept_requests": 0, "reconnects": 0, "failures": [], "longest": {}}


async def exchange(stream, domain, page, keep):
    """Send one request and return (status: int, whether the server closes: bool)."""
    reader, writer = stream
    connection = "keep-alive" if keep else "close"
    method = "POST" if page == "/write" else "GET"
    # The cookie that a page signed last comes back, as that of a session does.
    cookie = f"Cookie: {cookies[page]}\r\n" if page in cookies else ""
    head = (
        f"{method} {page} HTTP/1.1\r\nHost: {domain}\r\nConnection: {connection}\r\nContent-Length: 0\r\n{cookie}\r\n"
    )
    writer.write(head.encode())
    await writer.drain()
    received = (await reader.readuntil(b"\r\n\r\n")).decode()
    if given := re.search("^set-cookie: ([^;\r]*)", received, re.MULTILINE | re.IGNORECASE):
        cookies[page] = given[1]
    headers = received.lower()
    fields = dict(line.split(": ", 1) for line in headers.split("\r\n")[1:] if ": " in line)
    if "content-length" in fields:
        await reader.readexactly(int(fields["content-length"]))
    elif fields.get("transfer-encoding") == "chunked":
        while size := int(await reader.readline(), 16):
            await reader.readexactly(size + 2)
        await reader.readline()
    return int(headers.split()[1]), fields.get("connection") == "close"


async def connect(domain):
    """Open a connection to this host under the name of the site."""
    return await asyncio.open_connection("127.0.0.1", 443, ssl=context, server_hostname=domain)


def note(page, start, failure=""):
    """Count a request that started at ``start`` (seconds of the monotonic clock)."""
    seconds = time.monotonic() - start
    results["longest"][page] = max(results["longest"].get(page, 0), round(seconds, 3))
    if failure:
        results["failures"].append({"page": page, "at": round(start, 2), "seconds": round(seconds, 2), "why": failure})


async def ask_once(domain, page):
    """One request on a connection of its own."""
    start, failure = time.monotonic(), ""
    results["requests"] += 1
    try:
        async with asyncio.timeout(PATIENCE):
            stream = await connect(domain)
            status, _ = await exchange(stream, domain, page, keep=False)
            failure = "" if status == 200 else f"status {status}"
            stream[1].close()
    except Exception as error:
        failure = repr(error)
    note(page, start, failure)


async def keep_asking(domain, stopped):
    """Requests on one connection; a server may close it between two, as HTTP allows, and then a new one is opened."""
    stream = None
    while not stopped():
        start, failure = time.monotonic(), ""
        results["kept_requests"] += 1
        try:
            async with asyncio.timeout(PATIENCE):
                if stream is None or stream[0].at_eof():
                    results["reconnects"] += stream is not None
                    stream = await connect(domain)
                status, closes = await exchange(stream, domain, "/", keep=True)
                failure = "" if status == 200 else f"status {status}"
                stream = None if closes else stream
        except Exception as error:
            failure, stream = repr(error), None
        note("kept /", start, failure)
        await asyncio.sleep(KEPT_PAUSE / LOAD)


async def pace(domain, page, rate, stopped):
    """Start requests at a rate (per second), never waiting for an answer."""
    due, tasks = time.monotonic(), set()
    while not stopped():
        task = asyncio.create_task(ask_once(domain, page))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        due += 1 / (rate * LOAD)
        await asyncio.sleep(max(0, due - time.monotonic()))
    await asyncio.gather(*tasks)


async def main(domain, result, *pages):
    """Run until stopped, then write the counts."""
    rates = dict.fromkeys(pages, 10) or RATES
    stop, end = Path(f"{result}.stop"), time.monotonic() + LONGEST

    def stopped():
        return stop.exists() or time.monotonic() > end

    await asyncio.gather(
        *(pace(domain, page, rate, stopped) for page, rate in rates.items()),
        *(keep_asking(domain, stopped) for _ in range(KEPT)),
    )
    Path(result).write_text(json.dumps(results))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
