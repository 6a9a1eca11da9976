"""View 6: networks that differ in their seed, one a line: when each solved the task, and its loss
over the run."""

from __future__ import annotations

from dataclasses import dataclass, replace

from textual.message import Message

from echornn.config import EchoConfig
from echornn.diagnosis.seed_stats import Order
from echornn.machines import Automata
from echornn.readings import Question, Readings
from echornn.session.pictures.frame import Frame, State
from echornn.session.pictures.picture import Picture, SeedRows
from tui.views.canvas import Cells
from tui.views.seeds_picture import HEAD, SeedsLook, draw_seeds, labels, machine_words, seed_words
from tui.views.view import Replica, View, hidden, is_of_here

ORDERS: dict[Order, str] = {"solved": "when solved", "seed": "seed", "loss": "loss"}


class SeedsView(View):
    """Only the losses of visible lines are asked for, so the cost does not grow with the number of
    networks."""

    key = "6"
    title = "seeds"
    about = (
        "Networks that differ in their seed: the loss of each over the run, and when it was solved"
    )
    reads_beside = True
    BINDINGS = [
        hidden(
            "up",
            "screen.do('replica_before')",
            "Up",
            tooltip="Show the network one line up",
            id="up",
        ),
        hidden(
            "down",
            "screen.do('replica_after')",
            "Down",
            tooltip="Show the network one line down",
            id="down",
        ),
        hidden(
            "pageup",
            "screen.do('replicas_page_up')",
            "Page up",
            tooltip="One screen of networks up",
            id="page_up",
        ),
        hidden(
            "pagedown",
            "screen.do('replicas_page_down')",
            "Page down",
            tooltip="One screen of networks down",
            id="page_down",
        ),
        hidden(
            "home",
            "screen.do('first_replica')",
            "First",
            tooltip="The first network",
            id="first",
        ),
        hidden("end", "screen.do('last_replica')", "Last", tooltip="The last network", id="last"),
        hidden(
            "enter",
            "screen.do('alone')",
            "Alone",
            tooltip="Go on with this network alone, a new branch",
            id="alone",
        ),
        hidden(
            "v", "order", "Order", tooltip="Sort by when solved, by seed, or by loss", id="swap"
        ),
    ]

    @dataclass
    class Clicked(Message):
        """A click has chosen a network; a second one, to go on with it alone."""

        replica: int
        again: bool

    @dataclass
    class Scrolled(Message):
        """The wheel wants the network so many lines below."""

        lines: int

    _by: Order = "solved"
    _first = 0  # the first visible line
    _asked: int | None = None  # the network whose choice was sent and has not been carried out
    _read: Readings | None = None  # the last that say which networks are the task's machine

    @staticmethod
    def height_for(config: EchoConfig, width: int, most: int) -> int:
        return min(most, HEAD + config.replicas)

    @property
    def question(self) -> Question | None:
        config = self._frame.config
        if config.replicas == 1 or not self._frame.trained or config.the_task.machine is None:
            return None
        return Question(frozenset({"automata"}))

    @property
    def wants_arrows(self) -> bool:
        return self._frame.config.replicas > 1

    def chosen(self, frame: Frame) -> int:
        """The network that is shown, or will be as soon as the session has got so far."""
        if self._asked is None or self._asked >= frame.config.replicas:
            return frame.replica
        return self._asked

    @property
    def reading(self) -> str:
        return self.reading_of(Replica(self.chosen(self._frame))) if self.has_focus else ""

    def reading_of(self, spot: object) -> str:
        frame, seed_stats = self._frame, self._frame.seed_stats
        if not isinstance(spot, Replica) or seed_stats is None or not seed_stats.windows:
            return ""
        words = seed_words(frame.config, seed_stats, spot.number)
        if self._machines is not None:
            words += f"; {machine_words(self._machines, spot.number)}"
        if self.has_focus and spot.number == self.chosen(frame):
            words += "; «alone»: go on with it alone"
        return words

    @property
    def _machines(self) -> Automata | None:
        """Those of all networks, perhaps of an earlier window; None if they are not known."""
        read = self._read
        return read.automata if read is not None and read.branch == self._frame.branch else None

    def replica_below(self, frame: Frame, lines: int) -> int | None:
        """The network so many lines below the chosen one (negative: above); None if none is
        listed."""
        if frame.seed_stats is None:
            return None
        order: list[int] = frame.seed_stats.order(self._by).tolist()
        line = order.index(self.chosen(frame)) + lines
        return order[min(max(0, line), len(order) - 1)]

    @property
    def page_lines(self) -> int:
        return max(1, self.size.height - HEAD - 1)

    def mark_chosen(self, replica: int) -> None:
        """Mark the network that the session has been told to show."""
        self._asked = replica
        self._changed()

    def saw(self, frame: Frame) -> None:
        if self.chosen(frame) == frame.replica:
            self._asked = None

    def show(self, picture: Picture, message: str = "") -> None:
        readings = picture.frame.readings
        if readings is not None and readings.automata is not None:
            self._read = readings  # kept while those of another network are measured
        super().show(picture, message)

    def action_order(self) -> None:
        orders = list(ORDERS)
        self._by = orders[(orders.index(self._by) + 1) % len(orders)]
        self._changed()

    def clicked(self, spot: object, again: bool) -> None:
        if isinstance(spot, Replica):
            self.post_message(self.Clicked(spot.number, again))

    def on_mouse_scroll_down(self) -> None:
        self.post_message(self.Scrolled(1))

    def on_mouse_scroll_up(self) -> None:
        self.post_message(self.Scrolled(-1))

    def on_resize(self) -> None:
        self.post_message(self.Changed())

    def rows(self, frame: Frame, width: int, height: int) -> SeedRows | None:
        """The networks and columns that a view of this size shows, after it has scrolled to the
        chosen network; None if it shows no losses."""
        stats = frame.seed_stats
        if stats is None or not stats.windows or not (width and height):
            return None
        order = stats.order(self._by).tolist()
        shown = max(1, height - HEAD)
        self._scroll(order.index(self.chosen(frame)), shown, len(order))
        label_width = len(labels(frame.config, stats, [])[0])
        replicas = tuple(order[self._first : self._first + shown])
        return SeedRows(replicas, columns=max(1, width - label_width - 2))

    def _scroll(self, line: int, shown: int, lines: int) -> None:
        """Scroll so that the chosen line is in sight: by one line if that is enough, otherwise so
        that it comes into the middle."""
        first = min(max(self._first, line - shown + 1), line)
        if abs(first - self._first) > 1:
            first = line - shown // 2
        self._first = max(0, min(first, lines - shown))

    def draw(self, cells: Cells) -> None:
        picture, frame = self._picture, self._frame
        if frame.seed_stats is None or picture.seeds is None:
            text = self.keymap.text(words_without_seeds(frame, self._message))
            self.draw_text(cells, text)
            return
        look = SeedsLook(
            title=self.title,
            order=ORDERS[self._by],
            first=self._first,
            chosen=self.chosen(frame),
            has_focus=self.has_focus,
            machines=self._machines,
        )
        if self._read is not None and not is_of_here(self._read, frame):
            look = replace(look, machines_at=self._read.window)
        draw_seeds(cells, picture, look)


def words_without_seeds(frame: Frame, message: str) -> str:
    if frame.config.replicas > 1 or frame.state is State.LOADING:
        return message or "seeds: nothing trained yet"
    return (
        f"seeds: this is one network, with seed {frame.config.seed:,}. Was it the idea, or the "
        "seed? «seeds» trains 64 networks at once, with this seed and the next 63; «seeds» again "
        "goes back."
    )
