"""Every Redis key: its type and what it holds, who writes it, how long it lives.

A site's keys begin with its root `lt:{<site id>}`. The braces put them all on one node of a
cluster, so that one script may touch them all. Times are milliseconds since 1970 by the clock of
the Redis server.

root:pool             string  change number of the directory the pool was built from
                              (pool.lua)
root:dids             set     DIDs that may be handed out (pool.lua)
root:idle             zset    every number that may be taken -> when its holder was last seen
root:idle:s:<source>  zset    the same, for numbers whose newest holder came from this source
root:idle:g:<group>   zset    the same, for the source's group (idle.lua writes all three)
root:hard             zset    DID -> until when nobody else may get it (idle.lua)
root:trial            zset    DID that no page has confirmed yet -> when its trial ends
                              (idle.lua, beat.lua)
root:held:<address>   zset    DID held by an address -> since when it may be taken in need, later
                              by TRIED on trial, +inf once a visible page has confirmed it
                              (shares.lua)
root:extra            string  how many numbers addresses hold beyond their first (shares.lua)
root:shares           zset    address that holds two or more -> how many, negative when none of
                              them may be taken (shares.lua)
root:asked:<address>:<hour>
                      string  how many leases an address began in an hour; expires (shares.lua)
root:from:<address>   zset    visitor -> when Redis first heard of them; expires after the site's
                              visitor_days (shares.lua)
root:did:<did>        hash    the newest lease: lease visitor visit start seen left taps source
                              device region topic levels gaps;
                              `address`: the client that the number counts for, while it is held;
                              `claimed`: the holder's claim as far as it is counted;
                              claims of all holders so far, as `claims,at`, which fade:
                              w:all w:r:<region> w:t:<topic> (lease.lua, idle.lua)
root:past:<did>       list    older leases, newest first, KEEP of them: the thirteen fields of a
                              lease joined by `|` (lease.lua)
root:visitor:<id>     hash    did visit seen page first latest, i:<key> of visitorInfo, of which
                              `told` has the bytes; and phone, with ` signed` behind it where the
                              back end signed it; expires after the site's visitor_days
                              (acquire.lua)
root:log              stream  what happened to leases, until the worker has written it to SQL
                              (lease.lua)
root:arrivals         hash    source -> leases asked for, fading; MOST_SOURCES of them
                              (acquire.lua, hour.lua)
root:pace             hash    leases (since the last hour's job) faded hours
                              (acquire.lua, hour.lua)
root:hour             string  when the last hour's job was (hour.lua)
root:group            hash    source -> group (regroup.lua)
root:x                string  a number of the visitor's own source is taken before the longest
                              idle number, unless that has been idle so many times as long
                              (regroup.lua)
root:keep             string  how many past leases of a DID are kept (regroup.lua)
root:refused:<day>    hash    refusal code of callback requests -> how many on a local day
                              (callback_refusals.py)
root:refusing         string  how many in the current minute (callback_refusals.py)
root:restored         string  DID up to which the worker has put back SQL's leases, `all` when done

An account's callback requests have a root of their own, `lt:{callback:<account key>}`. All of its
keys expire.

root:token:<nonce>       string  the request that spent a form token; outlives the token
                                 (callback_guard.lua)
root:count:<name>        zset    <site>:<day>:<request> -> when it was admitted, for a day.
                                 The name is number:<E.164>, visitor:<site>:<id>,
                                 address:<IPv4 or IPv6 /64>, site:<id> or account:all.
                                 Expires after a day without a request (callback_guard.lua)
root:money:<site>:<day>  hash    reserved, spent: sums in minor units;
                                 r:<request>: reserved, until it is settled;
                                 s:<request>: what it cost.
                                 Expires MONEY_SECONDS after the last change
                                 (callback_guard.lua, callback_settle.lua, callback_books.lua)
root:turn:<site>         string  how many requests got an agent in turn; expires after
                                 MONEY_SECONDS (callback_guard.py)

An account's feed of real-time events has a root too, `lt:{feed:<account key>}`.

root:state               hash    up (1 or 0), words; expires soon after the worker is gone
                                 (feed_states.py)
root:events              hash    receipt -> how many events came (feed_states.py)
"""

from __future__ import annotations

KEEP, KEEP_BUSY = 64, 128  # past leases of a DID
RESUME_MS = 30 * 60 * 1000  # a visitor who was seen within this time keeps the same lease
BEAT_MS = 30 * 1000  # a visible page is heard of so often, and may be late by as much
HURRIED_MS = 30 * 1000  # a number stays its holder's so long after the page, when few are idle
TRIAL_MS = 45 * 1000  # a number that no page confirms by then may be taken by others
OPEN_MS = 60 * 60 * 1000  # a page seen within this time may still be visible when Redis comes back
LOG_LENGTH = 1_000_000  # entries the log may hold while no worker runs
LEASES_AN_HOUR = 120  # that one address may begin, and as many more as the pool has numbers
VISITORS_OF_ADDRESS = 500  # that Redis remembers, and as many more as the pool has numbers
MOST_TOLD = 16 * 1024  # bytes of visitorInfo that Redis keeps of one visitor
MOST_SOURCES = 500  # counted one by one; the rest is `other`
STAY_COUNTED = 400  # sources, after the hour's job
TOKEN_SECONDS = 60 * 60  # a spent form token is remembered so long; it is valid for less
MONEY_SECONDS = 8 * 24 * 60 * 60


def root(site_id: int) -> str:
    return f"lt:{{{site_id}}}"


def feed_root(account: str) -> str:
    return f"lt:{{feed:{account}}}"


def callback_root(account: str) -> str:
    return f"lt:{{callback:{account}}}"
