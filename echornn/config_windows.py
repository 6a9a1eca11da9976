"""How the data of an epoch is cut into windows: the sizes that follow from a configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from echornn.rules.table import RULES
from echornn.tasks.checked_task import trial_length

if TYPE_CHECKING:
    from echornn.tasks.task import Task


class WindowSizes:
    """The sizes of windows, rows and epochs; a base class of `EchoConfig`.

    Rows of a stream are cut into windows, and the state is carried on. Rows of trials are cut into trials, and each is
    a window that begins with a zero state.
    """

    if TYPE_CHECKING:
        task: Any
        truncated_backprop_length: int
        stride: int | None
        rule: str
        total_series_length: int
        batch_size: int

        @property
        def the_task(self) -> Task: ...

    @property
    def trial_length(self) -> int | None:
        """Time steps of a trial; None if the task is a stream."""
        if self.task is None:
            return None
        return trial_length(self.the_task)

    @property
    def is_stream(self) -> bool:
        """Whether rows are cut into windows and the state is carried on; otherwise each window is a separate trial."""
        return self.trial_length is None

    @property
    def window_steps(self) -> int:
        """Time steps of a window: T of a stream, and a whole trial of trials, in which the gradient is cut at T."""
        return self.trial_length or self.truncated_backprop_length

    @property
    def reach(self) -> int | None:
        """Time steps between two cuts of the gradient; None if the learning rule does not cut it."""
        return self.truncated_backprop_length if RULES[self.rule].cuts else None

    @property
    def is_uncut(self) -> bool:
        """Whether the learning rule follows errors past T time steps, where others cut them off."""
        return self.reach is None and (self.is_stream or self.truncated_backprop_length < self.window_steps)

    @property
    def gradient_cut(self) -> int | None:
        """Time steps of a trial after which the gradient is cut; None if it flows through the whole trial."""
        return None if self.reach is None or self.reach >= self.window_steps else self.reach

    @property
    def window_stride(self) -> int:
        """Time steps from one window to the next (k1 of TBPTT(k1, k2); k2 is the length of a window)."""
        return self.window_steps if self.stride is None else self.stride

    @property
    def row_length(self) -> int:
        """Time steps in one row of the batch."""
        return self.total_series_length // self.batch_size

    @property
    def windows_per_epoch(self) -> int:
        """The number of windows that fit into a row."""
        return (self.row_length - self.window_steps) // self.window_stride + 1

    @property
    def data_shape(self) -> tuple[int, int]:
        """The rows of an epoch's data and their steps, without steps that no window has; each trial is a row.

        Records of a user's own task have its ladder for this shape, so that it has to stay the same for them.
        """
        windows = self.windows_per_epoch
        if self.is_stream:
            return self.batch_size, (windows - 1) * self.window_stride + self.window_steps
        return self.batch_size * windows, self.window_steps

    @property
    def unused_steps(self) -> int:
        """Time steps of an epoch that no window covers: the remainder of dividing it into rows and windows."""
        covered = (self.windows_per_epoch - 1) * self.window_stride + self.window_steps
        return self.total_series_length - self.batch_size * covered

    @property
    def predictions_per_window(self) -> int:
        """The number of outputs in a window: batch_size * `window_steps`."""
        return self.batch_size * self.window_steps
