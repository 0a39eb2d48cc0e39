"""curl --aws-sigv4 against the sandbox: JSON and XML, HTTP and HTTPS."""

import json
import subprocess
import unittest
from xml.etree import ElementTree

from gateway import PARTNER, READY, URLS, activations, fresh_card, fresh_id

JSON = {"accept": "application/json", "content-type": "application/json"}
XML = {"accept": "application/xml", "content-type": "application/xml"}
# What the vendor's own XML sample sends.
XML_AS_SAMPLED = {"accept": "charset=UTF-8", "content-type": "charset=UTF-8"}


def post(operation, body, headers, scheme="http", secret=READY["secret_access_key"]):
    """Sends one signed request; returns the HTTP status and the body."""
    key = f"{READY['access_key_id']}:{secret}"
    command = ["curl", "--silent", "--show-error", "--max-time", "20", "--noproxy", "*", "--cacert", READY["ca_file"]]
    command += ["--aws-sigv4", f"aws:amz:{READY['region']}:AGCODService", "--user", key]
    command += [part for name, value in headers.items() for part in ("--header", f"{name}: {value}")]
    command += ["--data-binary", "@-", "--write-out", "\n%{http_code}", f"{URLS[scheme]}/{operation}"]
    done = subprocess.run(command, input=body, capture_output=True, text=True, check=True, timeout=30)
    answer, _, status = done.stdout.rpartition("\n")
    return int(status), answer


def json_body(id_name, request_id, card, **more):
    return json.dumps({id_name: request_id, "partnerId": PARTNER, "cardNumber": card, **more})


def xml_body(operation, id_name, request_id, card, more=""):
    return (
        f"<{operation}Request><{id_name}>{request_id}</{id_name}><partnerId>{PARTNER}</partnerId>"
        f"<cardNumber>{card}</cardNumber>{more}</{operation}Request>"
    )


USD_25 = {"value": {"currencyCode": "USD", "amount": 25.5}}
USD_25_XML = "<value><currencyCode>USD</currencyCode><amount>25.50</amount></value>"


class Json(unittest.TestCase):
    def activate(self, request_id, card, **how):
        body = json_body("activationRequestId", request_id, card, **USD_25)
        status, answer = post("ActivateGiftCard", body, JSON, **how)
        return status, json.loads(answer)

    def life_of_a_card(self, scheme):
        request_id, card = fresh_id(), fresh_card()
        status, first = self.activate(request_id, card, scheme=scheme)
        self.assertEqual((status, first["status"]), (200, "SUCCESS"))
        self.assertEqual(first["activationRequestId"], request_id)
        self.assertEqual(first["cardInfo"]["cardNumber"], card)
        self.assertEqual(first["cardInfo"]["cardStatus"], "Activated")
        self.assertEqual(first["cardInfo"]["value"], {"amount": 25.5, "currencyCode": "USD"})

        self.assertEqual(self.activate(request_id, card, scheme=scheme), (200, first), "a replay gives the same answer")
        self.assertEqual(activations(card), 1)

        body = json_body("statusCheckRequestId", request_id, card)
        status, answer = post("ActivationStatusCheck", body, JSON, scheme)
        self.assertEqual((status, json.loads(answer)["cardInfo"]["cardStatus"]), (200, "Activated"))

        status, answer = post("DeactivateGiftCard", json_body("activationRequestId", request_id, card), JSON, scheme)
        self.assertEqual((status, json.loads(answer)["cardInfo"]["cardStatus"]), (200, "AwaitingActivation"))

    def test_life_of_a_card_over_http(self):
        self.life_of_a_card("http")

    def test_life_of_a_card_over_https(self):
        self.life_of_a_card("https")

    def test_an_active_card_is_refused_to_another_id(self):
        card = fresh_card()
        self.assertEqual(self.activate(fresh_id(), card)[0], 200)
        status, answer = self.activate(fresh_id(), card)
        self.assertEqual((status, answer["errorCode"]), (400, "F200"))
        self.assertEqual(answer["errorType"], "CardAlreadyActivatedWithDifferentRequestId")
        self.assertEqual(answer["agcodResponse"]["status"], "FAILURE")

    def test_a_wrong_secret_is_refused(self):
        card = fresh_card()
        status, answer = self.activate(fresh_id(), card, secret="not-the-secret")
        self.assertEqual(status, 403)
        self.assertIn("signature we calculated does not match", answer["message"])
        self.assertEqual(activations(card), 0)

    def test_an_answer_follows_the_content_type_where_any_is_accepted(self):
        body = json_body("activationRequestId", fresh_id(), fresh_card(), **USD_25)
        status, answer = post("ActivateGiftCard", body, {"content-type": "application/json"})
        self.assertEqual((status, json.loads(answer)["status"]), (200, "SUCCESS"))


class Xml(unittest.TestCase):
    def activate(self, request_id, card, headers=XML, **how):
        body = xml_body("ActivateGiftCard", "activationRequestId", request_id, card, USD_25_XML)
        status, answer = post("ActivateGiftCard", body, headers, **how)
        return status, ElementTree.fromstring(answer)

    def life_of_a_card(self, scheme, headers):
        request_id, card = fresh_id(), fresh_card()
        status, first = self.activate(request_id, card, headers, scheme=scheme)
        self.assertEqual((status, first.tag), (200, "ActivateGiftCardResponse"))
        self.assertEqual(first.findtext("status"), "SUCCESS")
        self.assertEqual(first.findtext("activationRequestId"), request_id)
        self.assertEqual(first.findtext("cardInfo/cardNumber"), card)
        self.assertEqual(first.findtext("cardInfo/cardStatus"), "Activated")
        self.assertEqual(float(first.findtext("cardInfo/value/amount")), 25.5)

        status, replay = self.activate(request_id, card, headers, scheme=scheme)
        self.assertEqual((status, ElementTree.tostring(replay)), (200, ElementTree.tostring(first)))
        self.assertEqual(activations(card), 1)

        for operation, id_name, state in [
            ("ActivationStatusCheck", "statusCheckRequestId", "Activated"),
            ("DeactivateGiftCard", "activationRequestId", "AwaitingActivation"),
        ]:
            status, answer = post(operation, xml_body(operation, id_name, request_id, card), headers, scheme)
            root = ElementTree.fromstring(answer)
            self.assertEqual((status, root.tag), (200, f"{operation}Response"))
            self.assertEqual(root.findtext("cardInfo/cardStatus"), state)

    def test_life_of_a_card_over_http(self):
        self.life_of_a_card("http", XML)

    def test_life_of_a_card_over_https(self):
        self.life_of_a_card("https", XML)

    def test_life_of_a_card_with_the_sampled_headers(self):
        self.life_of_a_card("http", XML_AS_SAMPLED)

    def test_an_active_card_is_refused_to_another_id(self):
        card = fresh_card()
        self.assertEqual(self.activate(fresh_id(), card)[0], 200)
        status, root = self.activate(fresh_id(), card)
        self.assertEqual((status, root.findtext("errorCode")), (400, "F200"))
        self.assertEqual(root.findtext("errorType"), "CardAlreadyActivatedWithDifferentRequestId")

    def test_a_wrong_secret_is_refused(self):
        card = fresh_card()
        status, root = self.activate(fresh_id(), card, secret="not-the-secret")
        self.assertEqual(status, 403)
        self.assertIn("signature we calculated does not match", root.findtext("Message") or root.findtext("message"))
        self.assertEqual(activations(card), 0)
