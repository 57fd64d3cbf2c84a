"""Progress: labels, bits, ratio and time left, judged by the work done where the learner can tell."""

from codelength.channel import Account
from codelength.results import progress


def test_the_share_done_is_of_the_work_else_of_the_labels():
    assert Account(200, labels=50).done == 0.25
    assert Account(200, labels=50, work=0.75).done == 0.75
    assert Account(0).done == 0.0


def test_a_log_gets_a_line_now_and_then(capsys, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: clock[0])
    with progress.shown("encode online", 10) as update:
        for labels, seconds in ((100, 30), (250, 100), (300, 120), (500, 200)):
            clock[0] = seconds
            update(Account(1000, labels=labels, bits=2.0 * labels))
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "encode online: 250/1,000 labels  0.500 kbits  ratio 0.6021, 5 min left",
        "encode online: 500/1,000 labels  1.000 kbits  ratio 0.6021, 3 min left",
    ]


def test_the_next_of_several_runs_is_judged_by_itself(capsys, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: clock[0])
    model, message = Account(100, what="held labels"), Account(1000)
    with progress.shown("encode shannon", 10) as update:
        for account, labels, seconds in ((model, 50, 60), (model, 100, 110), (message, 300, 180)):
            clock[0] = seconds
            account.labels, account.bits = labels, 2.0 * labels
            update(account)
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "encode shannon: 50/100 held labels  0.100 kbits  ratio 0.6021, 1 min left",
        "encode shannon: 300/1,000 labels  0.600 kbits  ratio 0.6021, 5 min left",
    ]
