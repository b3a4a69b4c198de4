"""The cache of the overlay while its server is there, away, back again, or refuses the password."""

SCRIPT = """
import contextlib, os, socket, sys, threading, time
import django, groundcrew_settings
django.setup()
from django.core.cache import cache, caches
path = os.environ['CACHE_URL'].removeprefix('unix://').partition('?')[0]


def serve(answer):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    def talk():
        with contextlib.suppress(OSError):  # the listener is closed
            while True:
                client, _ = listener.accept()
                while data := client.recv(65536):
                    for _ in range(data.count(b'*')):
                        client.sendall(answer)
    threading.Thread(target=talk, daemon=True).start()
    return listener


begin = time.monotonic()
away = [cache.get('k', 3), cache.get_many(['k']), cache.add('k', 1), cache.set('k', 1), cache.has_key('k'),
        cache.touch('k'), cache.delete('k'), cache.set_many({'k': 1}), cache.delete_many(['k']),
        cache.get_or_set('k', 4), cache.clear()]
assert away == [3, {}, False, None, False, False, False, ['k'], None, 4, False], away
try:
    cache.incr('k')
except ValueError as error:
    assert 'not found' in str(error)
assert time.monotonic() - begin < 5
groundcrew_settings.SteadyRedisCache.PAUSE = 0.1
groundcrew_settings.SteadyRedisCache.resume = 0
time.sleep(0.2)
cache.get('k')
listener = serve(b'$1\\r\\n7\\r\\n')
time.sleep(0.2)
assert cache.get('k') == 7
listener.close()
os.unlink(path)
cache.close()
groundcrew_settings.SteadyRedisCache.resume = 0
serve(b'-WRONGPASS invalid username-password pair\\r\\n')
caches['default']._cache._pools.clear()
try:
    print(cache.get('k'))
except Exception as error:
    print(type(error).__name__)
# A thread that still waits must not meet an interpreter that shuts down.
sys.stdout.flush()
sys.stderr.flush()
os._exit(0)
"""


def test_pages_answer_while_the_cache_is_away_and_it_heals(project, tmp_path):
    result = project("-c", SCRIPT, CACHE_URL=f"unix://{tmp_path}/redis.sock?protocol=2")
    assert result.returncode == 0, result.stderr
    assert "The cache is away, pages answer without it" in result.stderr
    assert result.stdout == "AuthenticationError\n"
