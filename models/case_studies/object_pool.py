"""pymemcache 4.0.0: its pool of clients keeps what it promises.

**Promise.** `ObjectPool` hands an object to one user at a time, and never has more of them in use
than `max_size`: it raises `RuntimeError` instead.

**What the explorer shows.** A proof, for three users of a pool of two who take, give back, and
destroy: whoever is refused was so while two others had an object, and none was had by two.
"""

from __future__ import annotations

from pymemcache.pool import ObjectPool
from together import together


class Client:
    users = 0


def three_users_of_two() -> None:
    pool = ObjectPool(Client, max_size=2)

    def use(client: Client) -> None:
        client.users += 1
        assert client.users == 1, "in use by two"
        client.users -= 1

    def keep() -> None:
        try:
            with pool.get_and_release() as client:
                use(client)
        except RuntimeError:
            assert len(pool.used) <= 2

    def drop() -> None:
        try:
            client = pool.get()
        except RuntimeError:
            return
        use(client)
        pool.destroy(client)

    together(keep, drop, keep)
    assert not pool.used
    assert len(pool.free) <= 2
