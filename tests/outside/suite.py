"""Runs the outside clients' tests and ends with one plain line: N passed, N failed."""

import importlib.util
import os
import re
import subprocess
import sys
import unittest


def missing_for_curl():
    try:
        version = subprocess.run(["curl", "--version"], capture_output=True, text=True, check=True).stdout
    except OSError:
        return "curl is not installed"
    major, minor = map(int, re.match(r"curl (\d+)\.(\d+)", version).groups())
    return None if (major, minor) >= (7, 75) else f"curl {major}.{minor} has no --aws-sigv4; it needs 7.75"


def missing_for_botocore():
    return None if importlib.util.find_spec("botocore") else "botocore is not installed"


def main():
    tests, failed = unittest.TestSuite(), 0
    for name, missing in [("test_curl", missing_for_curl()), ("test_botocore", missing_for_botocore())]:
        if missing is None:
            tests.addTests(unittest.defaultTestLoader.loadTestsFromName(name))
            continue
        print(f"!!! NOT TESTED: {name}: {missing}", file=sys.stderr)
        # A developer may lack a tool; the build machine may not.
        failed += os.environ.get("CI") == "true"
    result = unittest.TextTestRunner(verbosity=2).run(tests)
    bad = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    print(f"{result.testsRun - bad} passed, {bad + failed} failed", flush=True)
    return 1 if bad + failed else 0


if __name__ == "__main__":
    sys.exit(main())
