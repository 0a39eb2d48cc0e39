"""Contenders that wait in asyncio: each is an asynchronous context that gives a coroutine function for operation
``i``.
"""

from contextlib import asynccontextmanager

from fixture import body, botocore_signer, card, check, check_receipt, floor_signer, posa_settings


@asynccontextmanager
async def aiohttp(task, sign):
    import aiohttp

    connector = aiohttp.TCPConnector(limit=task.in_flight, ssl=task.context() or True)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def operation(i):
            content = body(i)
            async with session.post(task.url, data=content, headers=sign(content)) as response:
                check(i, response.status, await response.read())

        yield operation


@asynccontextmanager
async def posa(task, durable):
    from posa import AsyncClient

    async with AsyncClient(**posa_settings(task, durable)) as client:

        async def operation(i):
            check_receipt(i, await client.activate(card(i), "25.00", "USD"))

        yield operation


CLIENTS = {
    "aiohttp + cached key": lambda task: aiohttp(task, floor_signer(task.host)),
    "aiohttp + botocore": lambda task: aiohttp(task, botocore_signer(task.url)),
    "posa async, no journal": lambda task: posa(task, durable=False),
    "posa async, SQLite journal": lambda task: posa(task, durable=True),
}
