"""What the pages of a test complain of: nothing, as a rule."""

from __future__ import annotations

from dataclasses import dataclass, field

from playwright.sync_api import ConsoleMessage, Page


@dataclass
class Complaints:
    """What the pages of a test threw or wrote into the console as a warning or an error."""

    debugging: bool = False  # then our own warnings are meant
    of_page: list[str] = field(default_factory=list)
    of_browser: list[str] = field(
        default_factory=list
    )  # its own note of a failed request, which no script can prevent

    def hear(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.of_page.append(f"thrown: {error}"))
        page.on("console", self._console)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning", "assert"):
            return
        if self.debugging and message.text.startswith("[leadtracker]"):
            return
        if message.page and message.location["url"] == message.page.url:
            return  # the page itself is an error page, and says so
        browsers_own = message.location["url"] and not message.args
        (self.of_browser if browsers_own else self.of_page).append(message.text)
