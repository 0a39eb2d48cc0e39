"""The one operation every contender performs, as in bench/src/fixture.rs, and the signers of the peers."""

import hashlib
import hmac
import json
import os
import time

ACCESS_KEY_ID = "AKIDEXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"  # noqa: S105
PARTNER = "Awssb"
REGION = "us-east-1"
SERVICE = "AGCODService"
PATH = "/ActivateGiftCard"
HEADERS = {
    "accept": "application/json",
    "content-type": "application/json",
    "x-amz-target": "com.amazonaws.agcod.AGCODService.ActivateGiftCard",
}


class Task:
    """What this process has to do; bench/src/task.rs says what each member means."""

    def __init__(self):
        self.client = os.environ["BENCH_CLIENT"]
        self.base = os.environ["BENCH_URL"]
        self.url = self.base + PATH
        self.host = self.base.split("://", 1)[1]
        self.https = self.base.startswith("https:")
        self.ca = os.environ["BENCH_CA"]
        self.folder = os.environ["BENCH_FOLDER"]
        self.in_flight = int(os.environ["BENCH_IN_FLIGHT"])
        self.warm_up = float(os.environ["BENCH_WARM_UP"])
        self.seconds = float(os.environ["BENCH_SECONDS"])

    def context(self):
        """Trusts the task's server; ``None`` over plain HTTP."""
        if not self.https:
            return None
        import ssl

        return ssl.create_default_context(cafile=self.ca)


def request_id(i):
    return f"{PARTNER}{i:030}"


def card(i):
    return f"{1_700_000_000_000_000 + i:016}"


def body(i):
    request = {
        "activationRequestId": request_id(i),
        "partnerId": PARTNER,
        "cardNumber": card(i),
        "value": {"currencyCode": "USD", "amount": 25},
    }
    return json.dumps(request, separators=(",", ":")).encode()


def check(i, status, answer):
    """Compares what a careful caller compares."""
    if status != 200:
        raise RuntimeError(f"status {status}: {answer!r}")
    answer = json.loads(answer)
    info = answer["cardInfo"]
    done = answer["status"] == "SUCCESS" and info["cardStatus"] == "Activated"
    if not done or answer["activationRequestId"] != request_id(i) or info["cardNumber"] != card(i):
        raise RuntimeError(f"operation {i} was not confirmed")


def check_receipt(i, receipt):
    if receipt.attempts != 1:
        raise RuntimeError(f"operation {i} took {receipt.attempts} requests")


def posa_settings(task, durable):
    """A client of ours as an application sets it up, but for the rate limit, which would be all there is to see."""
    return {
        "partner_id": PARTNER,
        "credentials": posa_credentials(),
        "marketplace": "US",
        "endpoint": task.base,
        "extra_ca": task.ca if task.https else None,
        "rate_limit": None,
        "journal": os.path.join(task.folder, "posa.db") if durable else "none",
    }


def posa_credentials():
    from posa import Credentials

    return Credentials(ACCESS_KEY_ID, SECRET)


def botocore_signer(url):
    """botocore's own; returns the signed headers of a body."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    auth = SigV4Auth(Credentials(ACCESS_KEY_ID, SECRET), SERVICE, REGION)

    def sign(body):
        request = AWSRequest(method="POST", url=url, data=body, headers=HEADERS)
        auth.add_auth(request)
        return dict(request.headers.items())

    return sign


def floor_signer(host):
    """The least that signing costs here: hashlib and hmac for exactly this request, with the day's key kept."""
    names = "accept;content-type;host;x-amz-date;x-amz-target"
    head = f"POST\n{PATH}\n\naccept:application/json\ncontent-type:application/json\nhost:{host}\nx-amz-date:"
    tail = f"\nx-amz-target:{HEADERS['x-amz-target']}\n\n{names}\n"
    keys = {}

    def key_of(day):
        key = b"AWS4" + SECRET.encode()
        for part in (day, REGION, SERVICE, "aws4_request"):
            key = hmac.digest(key, part.encode(), "sha256")
        return key

    def sign(body):
        date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        day = date[:8]
        if day not in keys:
            keys[day] = key_of(day)
        canonical = f"{head}{date}{tail}{hashlib.sha256(body).hexdigest()}"
        scope = f"{day}/{REGION}/{SERVICE}/aws4_request"
        to_sign = f"AWS4-HMAC-SHA256\n{date}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        signature = hmac.digest(keys[day], to_sign.encode(), "sha256").hex()
        credential = f"Credential={ACCESS_KEY_ID}/{scope}"
        return {
            **HEADERS,
            "host": host,
            "x-amz-date": date,
            "authorization": f"AWS4-HMAC-SHA256 {credential}, SignedHeaders={names}, Signature={signature}",
        }

    return sign
