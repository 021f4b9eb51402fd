"""What the demo breaks, half-way: a save that is wrong, and one that fails only live.

Both go through the same door as any save of a person: the file is written, the watcher
sees it, the gate judges it.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.project import Project
from core.spec_text import load_spec
from core.template_footer import render_module


@dataclass(frozen=True, slots=True)
class Fault:
    """One edit by hand: `story` says what a person might have been thinking."""

    module: str
    body: str
    story: str

    def save(self, project: Project) -> None:
        """Write the module file as an editor would."""
        spec = load_spec(project.spec(self.module))
        path = project.module(self.module)
        path.write_text(
            render_module(spec, self.body, project.package), encoding="utf-8"
        )


# Wrong at sight: it allows every new risk, so the ceiling is none. The gate must refuse it.
BROKEN_SAVE = Fault(
    "open_risk_ceiling",
    "return new_risk_usd\n",
    "a hurried edit that lets every trade through the open risk ceiling",
)

# Right on every series that the gate tries, and it passes; but it needs two frames of
# the stack a candle, and the live window is longer than Python's stack is deep.
LIVE_FAILURE = Fault(
    "volume_spike",
    """\
if volume.empty:
    return volume
before = volume_spike(volume.iloc[:-1], window)
mean = volume.iloc[-window - 1 : -1].mean()
known = len(volume) > window and mean > 0
last = volume.iloc[-1] / mean if known else float("nan")
return pd.Series([*before, last], index=volume.index)
""",
    "an elegant recursive rewrite, right on short series, too deep for the live window",
)
