"""Contenders that wait in threads: each makes a function that performs operation ``i``."""

import threading

from fixture import (
    ACCESS_KEY_ID,
    HEADERS,
    PATH,
    REGION,
    SECRET,
    SERVICE,
    body,
    botocore_signer,
    card,
    check,
    check_receipt,
    floor_signer,
    posa_settings,
)


def http_client(task):
    import http.client

    host, port = task.host.split(":")
    context = task.context()
    sign = floor_signer(task.host)
    own = threading.local()

    def connect():
        if context is None:
            return http.client.HTTPConnection(host, int(port))
        return http.client.HTTPSConnection(host, int(port), context=context)

    def operation(i):
        if not hasattr(own, "connection"):
            own.connection = connect()
        content = body(i)
        own.connection.request("POST", PATH, content, sign(content))
        response = own.connection.getresponse()
        check(i, response.status, response.read())

    return operation


def requests(task):
    import requests
    from requests.adapters import HTTPAdapter
    from requests_aws4auth import AWS4Auth

    session = requests.Session()
    session.trust_env = False
    session.verify = task.ca
    session.mount("http", HTTPAdapter(pool_connections=1, pool_maxsize=task.in_flight))
    auth = AWS4Auth(ACCESS_KEY_ID, SECRET, REGION, SERVICE)

    def operation(i):
        response = session.post(task.url, data=body(i), headers=HEADERS, auth=auth)
        check(i, response.status_code, response.content)

    return operation


def httpx(task):
    import httpx

    limits = httpx.Limits(max_connections=task.in_flight, max_keepalive_connections=task.in_flight)
    client = httpx.Client(limits=limits, verify=task.context() or True, trust_env=False)
    sign = botocore_signer(task.url)

    def operation(i):
        content = body(i)
        response = client.post(task.url, content=content, headers=sign(content))
        check(i, response.status_code, response.content)

    return operation


def posa(task, durable):
    from posa import Client

    client = Client(**posa_settings(task, durable))

    def operation(i):
        check_receipt(i, client.activate(card(i), "25.00", "USD"))

    return operation


CLIENTS = {
    "http.client + cached key": http_client,
    "requests + requests-aws4auth": requests,
    "httpx + botocore": httpx,
    "posa, no journal": lambda task: posa(task, durable=False),
    "posa, SQLite journal": lambda task: posa(task, durable=True),
}
