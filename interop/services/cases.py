"""Runs cases one after the other; a failure is printed and counted, and the next case goes on."""

import time
import traceback

from processes import end_all

SERVICES = ("moto", "localstack")

passed = 0
failed = 0


def check(name, body):
    global passed, failed
    started = time.monotonic()
    try:
        body()
        passed += 1
        print(f"ok   {name} ({time.monotonic() - started:.0f} s)", flush=True)
    except Exception:
        failed += 1
        print(f"FAIL {name}\n{traceback.format_exc()}", flush=True)


def against_each_service(world_of, cases, applies=lambda case, name: True):
    """Runs the cases in a world of each service, but those that do not apply; the exit code."""
    try:
        for name in SERVICES:
            world = world_of(name)
            for case in cases:
                if applies(case, name):
                    title = case.__name__.replace("_", " ")
                    check(f"{name}: {title}", lambda: case(world))
            world.end()
    finally:
        end_all()
    return finish()


def finish():
    """Prints the closing line; the exit code."""
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 and passed > 0 else 1


def until(condition, what, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"timed out waiting until {what}")
        time.sleep(0.1)


def refused(code, call, **arguments):
    """The message of the error of this code that the call raises."""
    try:
        call(**arguments)
    except Exception as error:
        response = getattr(error, "response", None)
        assert response is not None, error
        assert response["Error"]["Code"] == code, response
        assert response["ResponseMetadata"]["HTTPStatusCode"] == 400, response
        return response["Error"]["Message"]
    raise AssertionError(f"{call.__name__} was not refused")
