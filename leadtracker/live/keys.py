"""Every Redis key: shape, type, who writes it and how long it lives.

A site's keys begin with its root `lt:{<site id>}`; the braces put all of them on one cluster node, so that one
script may touch them all. Times are milliseconds since 1970 by the Redis server's clock.

root:pool           string   change number of the directory the pool was built from           pool.lua
root:dids           set      DIDs that may be handed out                                      pool.lua
root:idle           zset     DID -> when its holder was last seen; lowest is handed out first acquire.lua
root:hard           zset     DID -> until when nobody else may get it                         acquire.lua, beat.lua
root:did:<did>      hash     newest lease: lease visitor visit start seen left taps           acquire.lua, beat.lua
root:past:<did>     list     older leases, newest first, `lease|visitor|visit|start|seen|left|taps`, KEEP of them
root:visitor:<id>   hash     did visit seen page first latest and i:<key> of visitorInfo;     acquire.lua
                             expires after the site's visitor_days
root:log            stream   what happened to leases, until the worker has written it to SQL  acquire.lua, beat.lua
"""

from __future__ import annotations

KEEP = 64  # past leases of a DID
RESUME_MS = 30 * 60 * 1000  # a visitor seen within this time goes on with the same lease
LOG_LENGTH = 1_000_000  # entries the log may hold while no worker runs


def root(site_id: int) -> str:
    return f"lt:{{{site_id}}}"
