"""Every exception Leadtracker raises, and what it means to whoever asked.

LeadtrackerError
├── BadRequest          400  the request is not of the documented shape
│   └── BadPayload      400  a PBX's notification cannot be read
│       └── NoCall      400  a PBX's notification is understood, and is about no call
├── NotAllowed          403  wrong origin, wrong secret, wrong address
├── NotFound            404  no such site, call, visitor
├── TooLarge            413  the body is over the limit
├── Refused             422  a callback request that we call nobody for
├── QuotaSpent          429  a limit is reached
├── Busy                503  every place for slow work is taken
├── PbxUnavailable      502  the PBX cannot be reached, or answers with an error
├── StoreUnavailable    503  Redis or the database does not answer
├── SettingsError            the environment is wrong; raised at start, lists every fault
├── SiteFault                a site, DID or account cannot be saved; raised by the CLI
├── TooFewVisits             a site has had too few visits to plan for
└── TraceFault               a recorded trace cannot be replayed; raised by the CLI
"""

from __future__ import annotations


class LeadtrackerError(Exception):
    """`status` is the HTTP status, `code` is a word for programs, and str() is for people."""

    status = 500
    code = "error"
    title = "Something went wrong"


class BadRequest(LeadtrackerError):
    status, code, title = 400, "bad_request", "The request is not of the documented shape"


class BadPayload(BadRequest):
    code, title = "bad_payload", "The notification cannot be read"


class NoCall(BadPayload):
    """Nothing to keep: an agent went to lunch, a queue has another name."""

    code, title = "no_call", "The notification is about no call"


class NotAllowed(LeadtrackerError):
    status, code, title = 403, "not_allowed", "Not allowed"


class NotFound(LeadtrackerError):
    status, code, title = 404, "not_found", "Not found"


class TooLarge(LeadtrackerError):
    status, code, title = 413, "too_large", "The body is too large"


# Code -> the word that the page is told: `number` (check the number), `often` (try later), `again`
# (reload and try again) or `no` (we cannot call it).
REFUSALS = {
    "token": "again",
    "spent": "again",
    "origin": "again",
    "robot": "again",
    "number": "number",
    "country": "no",
    "kind": "no",
    "own": "no",
    "blocked": "no",
    "often": "often",
    "money": "often",
    "closed": "often",
}


class Refused(LeadtrackerError):
    """`code` is a key of REFUSALS, for the operator. Whoever asked is told only `words`."""

    status, code, title = 422, "refused", "Nobody is called back"

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code} {detail}".rstrip())
        self.code = code
        self.detail = detail
        self.words = REFUSALS.get(code, "no")


class QuotaSpent(LeadtrackerError):
    status, code, title = 429, "quota_spent", "Too many requests"


class Busy(LeadtrackerError):
    status, code, title = 503, "busy", "Busy, try again in a moment"


class PbxUnavailable(LeadtrackerError):
    status, code, title = 502, "pbx_unavailable", "The PBX does not answer"


class StoreUnavailable(LeadtrackerError):
    status, code, title = 503, "store_unavailable", "A store does not answer"


class SettingsError(LeadtrackerError):
    code, title = "settings", "The settings are wrong"


class SiteFault(LeadtrackerError):
    code, title = "site_fault", "The site cannot be saved"


class TraceFault(LeadtrackerError):
    code, title = "trace_fault", "The trace cannot be replayed"


class TooFewVisits(LeadtrackerError):
    code, title = "too_few_visits", "There is nothing to plan from yet"
