"""Commands from several threads to one: in order, none lost, and waiting threads are notified."""

from __future__ import annotations

import threading
from collections.abc import Callable

from echornn.session.commands import Answer, Command, Edit, Faster, Sent, Undo
from echornn.session.mailbox import Mailbox
from tests.patience import PATIENCE


def carried_out(mailbox: Mailbox) -> None:
    """Carry out commands until told to stop."""
    while mailbox.wait(None, idle=True):
        while (letter := mailbox.take(arrived=True)) is not None:
            assert callable(letter)
            letter()
    mailbox.end()


def test_commands_of_many_threads_are_carried_out_each_once_and_in_order() -> None:
    mailbox, done = Mailbox(), list[tuple[int, int]]()
    worker = threading.Thread(target=carried_out, args=(mailbox,))
    worker.start()

    def note(sender: int, number: int) -> Callable[[], None]:
        return lambda: done.append((sender, number))

    def send(sender: int) -> None:
        for number in range(200):
            mailbox.notify(note(sender, number))

    senders = [threading.Thread(target=send, args=(sender,)) for sender in range(4)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert mailbox.when_idle(PATIENCE)
    assert len(done) == 800
    for number in range(4):
        assert [at for sender, at in done if sender == number] == list(range(200))
    mailbox.stop()
    worker.join(PATIENCE)
    assert not mailbox.when_idle(PATIENCE), "it has ended, and will not come to it"


def test_waiting_has_an_end_where_nobody_takes_commands() -> None:
    assert not Mailbox().when_idle(0)


def test_it_is_not_idle_while_something_is_left_to_do() -> None:
    mailbox = Mailbox()
    mailbox.notify(lambda: None)
    assert mailbox.wait(0, idle=True)
    assert mailbox.take(arrived=True)
    assert mailbox.wait(0, idle=False)
    assert not mailbox.when_idle(0)
    assert mailbox.take(arrived=True)
    assert mailbox.wait(0, idle=True)
    assert mailbox.take(arrived=True) is None


def test_told_to_stop_it_takes_nothing_more() -> None:
    mailbox = Mailbox()
    mailbox.notify(lambda: None)
    mailbox.stop()
    assert not mailbox.wait(None, idle=False)
    assert mailbox.take(arrived=True) is None


def test_a_command_that_waits_for_the_arrival_lets_only_those_pass_that_are_for_at_once() -> None:
    mailbox = Mailbox()
    for command in (Edit({"seed": 1}), Undo(), Faster()):
        mailbox.send(command)

    def taken(arrived: bool) -> Command | None:
        sent = mailbox.take(arrived)
        return sent.command if isinstance(sent, Sent) else None

    assert taken(arrived=False) == Faster()
    mailbox.answer(Answer(3, Faster()))
    assert taken(arrived=False) is None
    assert mailbox.answered == 0, "what was sent before it waits"
    assert taken(arrived=True) == Edit({"seed": 1})
    assert (mailbox.answered, mailbox.pending) == (0, (Undo(),))
    mailbox.answer(Answer(1, Edit({"seed": 1})))
    assert mailbox.answered == 1
    assert taken(arrived=False) == Undo(), "in order, on the way too"
    mailbox.answer(Answer(2, Undo()))
    assert mailbox.answered == 3
