"""botocore with a service model of the three operations: rest-json and rest-xml."""

import json
import pathlib
import tempfile
import unittest
from xml.etree import ElementTree

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

from gateway import PARTNER, READY, URLS, activations, fresh_card, fresh_id

MODEL = json.loads(pathlib.Path(__file__).with_name("model.json").read_text(encoding="utf-8"))
USD_25 = {"currencyCode": "USD", "amount": 25.5}


class Operations:
    """The tests; the classes below run them in each protocol."""

    protocol = None

    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(directory.cleanup)
        model = {**MODEL, "metadata": {**MODEL["metadata"], "protocol": cls.protocol, "protocols": [cls.protocol]}}
        version = pathlib.Path(directory.name, "posa", model["metadata"]["apiVersion"])
        version.mkdir(parents=True)
        version.joinpath("service-2.json").write_text(json.dumps(model), encoding="utf-8")
        cls.session = botocore.session.Session()
        cls.session.get_component("data_loader").search_paths.append(directory.name)

    def client(self, scheme="http", secret=READY["secret_access_key"]):
        client = self.session.create_client(
            "posa",
            region_name=READY["region"],
            endpoint_url=URLS[scheme],
            verify=READY["ca_file"],
            aws_access_key_id=READY["access_key_id"],
            aws_secret_access_key=secret,
            config=Config(retries={"total_max_attempts": 1}, proxies={}, connect_timeout=10, read_timeout=10),
        )
        self.addCleanup(client.close)
        client.meta.events.register("before-parse.posa.*", self.keep_body)
        return client

    def keep_body(self, response_dict, **_):
        self.body = response_dict["body"]

    def life_of_a_card(self, scheme):
        client, card, request_id = self.client(scheme), fresh_card(), fresh_id()
        sale = {"activationRequestId": request_id, "partnerId": PARTNER, "cardNumber": card}
        first = client.activate_gift_card(**sale, value=USD_25)
        self.assertEqual((first["status"], first["activationRequestId"]), ("SUCCESS", request_id))
        self.assertEqual(first["cardInfo"]["cardStatus"], "Activated")
        self.assertEqual((first["cardInfo"]["cardNumber"], first["cardInfo"]["value"]), (card, USD_25))

        replay = client.activate_gift_card(**sale, value=USD_25)
        self.assertEqual((replay["status"], replay["cardInfo"]), (first["status"], first["cardInfo"]))
        self.assertEqual(activations(card), 1)

        state = client.activation_status_check(statusCheckRequestId=request_id, partnerId=PARTNER, cardNumber=card)
        self.assertEqual((state["statusCheckRequestId"], state["cardInfo"]["cardStatus"]), (request_id, "Activated"))

        undone = client.deactivate_gift_card(**sale)
        self.assertEqual((undone["status"], undone["cardInfo"]["cardStatus"]), ("SUCCESS", "AwaitingActivation"))

    def test_life_of_a_card_over_http(self):
        self.life_of_a_card("http")

    def test_life_of_a_card_over_https(self):
        self.life_of_a_card("https")

    def test_an_active_card_is_refused_to_another_id(self):
        client, card = self.client(), fresh_card()
        client.activate_gift_card(activationRequestId=fresh_id(), partnerId=PARTNER, cardNumber=card, value=USD_25)
        with self.assertRaises(ClientError) as refused:
            client.activate_gift_card(activationRequestId=fresh_id(), partnerId=PARTNER, cardNumber=card, value=USD_25)
        self.assertEqual(refused.exception.response["ResponseMetadata"]["HTTPStatusCode"], 400)
        self.assertEqual(self.error(), ("F200", "CardAlreadyActivatedWithDifferentRequestId"))

    def test_a_wrong_secret_is_refused(self):
        card = fresh_card()
        with self.assertRaises(ClientError) as refused:
            self.client(secret="not-the-secret").activate_gift_card(
                activationRequestId=fresh_id(), partnerId=PARTNER, cardNumber=card, value=USD_25
            )
        self.assertEqual(refused.exception.response["ResponseMetadata"]["HTTPStatusCode"], 403)
        self.assertIn(b"signature we calculated does not match", self.body)
        self.assertEqual(activations(card), 0)


class RestJson(Operations, unittest.TestCase):
    protocol = "rest-json"

    def error(self):
        body = json.loads(self.body)
        return body["errorCode"], body["errorType"]


class RestXml(Operations, unittest.TestCase):
    protocol = "rest-xml"

    def error(self):
        root = ElementTree.fromstring(self.body)
        return root.findtext("errorCode"), root.findtext("errorType")
