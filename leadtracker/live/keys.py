"""Every Redis key: shape, type, who writes it and how long it lives.

A site's keys begin with its root `lt:{<site id>}`; the braces put all of them on one cluster node, so that one
script may touch them all. Times are milliseconds since 1970 by the Redis server's clock.

root:pool           string   change number of the directory the pool was built from           pool.lua
root:dids           set      DIDs that may be handed out                                      pool.lua
root:idle           zset     DID -> when its holder was last seen: every number that may be taken
root:idle:s:<source> zset    the same, numbers whose newest holder came from this source
root:idle:g:<group> zset     the same, by the source's group
root:hard           zset     DID -> until when nobody else may get it                         acquire.lua, beat.lua
root:did:<did>      hash     newest lease: lease visitor visit start seen left taps source device region topic levels
                             gaps; claimed: his claim as far as it is counted; claims of all holders since
                             (`claims,at`, fading): w:all w:r:<region> w:t:<topic>            acquire.lua, beat.lua
root:past:<did>     list     older leases, newest first, the thirteen fields of a lease joined by `|`, KEEP of them
root:visitor:<id>   hash     did visit seen page first latest phone and i:<key> of visitorInfo;     acquire.lua
                             expires after the site's visitor_days
root:log            stream   what happened to leases, until the worker has written it to SQL  acquire.lua, beat.lua,
                                                                                           tap_default.lua
root:arrivals       hash     source -> leases asked for, fading; MOST_SOURCES of them         acquire.lua, hour.lua
root:pace           hash     leases (since the last hour's job) faded hours                   acquire.lua, hour.lua
root:hour           string   when the last hour's job was                                     hour.lua
root:group          hash     source -> group                                                  regroup.lua
root:x              string   how many times older the longest idle number must be to be taken before one of the
                             visitor's own source                                             regroup.lua
root:keep           string   past leases of a DID                                             regroup.lua
root:refused:<day>  hash     refusal code of callback requests -> how many on a local day     callback_refusals.py
root:refusing       string   how many in the minute that goes on
root:restored       string   DID up to which SQL's leases have been put back, `all` when done the worker

An account's callback requests have a root of their own, `lt:{callback:<account key>}`. All of its keys expire.

root:token:<nonce>  string   a form token that is spent; lives longer than the token            callback_guard.lua
root:count:<name>   zset     <site>:<day>:<request> -> when it was admitted, of a day; name is number:<E.164>,
                             visitor:<site>:<id>, address:<IPv4 or IPv6 /64>, site:<id> or account:all; expires after
                             a day without one                       callback_guard.lua
root:money:<site>:<day> hash reserved spent, sums in minor units; r:<request>: reserved, until it is settled;
                             s:<request>: what it cost; expires MONEY_SECONDS after the last change
                                                         callback_guard.lua, callback_settle.lua, callback_books.lua
root:turn:<site>    string   requests whose agent was chosen in turn; expires after MONEY_SECONDS

So has an account's feed of real-time events, `lt:{feed:<account key>}`.

root:state          hash     up (1 or 0) words; expires soon after the worker is gone                 feed_states.py
root:events         hash     receipt -> how many events came
"""

from __future__ import annotations

KEEP, KEEP_BUSY = 64, 128  # past leases of a DID
RESUME_MS = 30 * 60 * 1000  # a visitor seen within this time goes on with the same lease
BEAT_MS = 30 * 1000  # a visible page is heard of so often; it may be late by as much
HURRIED_MS = 30 * 1000  # how long a number stays its holder's after the page, when few are idle
OPEN_MS = 60 * 60 * 1000  # a page seen within this time may still be visible when Redis comes back
LOG_LENGTH = 1_000_000  # entries the log may hold while no worker runs
MOST_SOURCES = 500  # counted one by one; the rest is `other`
STAY_COUNTED = 400  # sources, after the hour's job
TOKEN_SECONDS = 60 * 60  # a spent form token is remembered; it is good for less
MONEY_SECONDS = 8 * 24 * 60 * 60


def root(site_id: int) -> str:
    return f"lt:{{{site_id}}}"


def feed_root(account: str) -> str:
    return f"lt:{{feed:{account}}}"


def callback_root(account: str) -> str:
    return f"lt:{{callback:{account}}}"
