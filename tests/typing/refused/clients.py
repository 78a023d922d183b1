"""Wrong use of clients. Each marked line is refused, by both checkers, for what it names."""

import asyncio

import httpx

from chessa import UNSET, AsyncChessa, Chessa, Hooks, RequestInfo


async def awaited_secret() -> str:
    return "from a vault"


def told(request: RequestInfo) -> None:
    print(request.body)  # refused: attr-defined reportAttributeAccessIssue
    print(request.headers)  # refused: attr-defined reportAttributeAccessIssue
    request.attempt = 2  # refused: misc reportAttributeAccessIssue


# Settings.
Chessa("id", "secret")  # refused: call-arg reportCallIssue
Chessa(api_key="secret")  # refused: call-arg reportCallIssue
Chessa(client_secret=1)  # refused: arg-type reportArgumentType
Chessa(client_secret=awaited_secret)  # refused: arg-type reportArgumentType
Chessa(timeout="5")  # refused: arg-type reportArgumentType
Chessa(timeout=UNSET)  # refused: arg-type reportArgumentType
Chessa(max_retries=None)  # refused: arg-type reportArgumentType
Chessa(transport=httpx.AsyncHTTPTransport())  # refused: arg-type reportArgumentType
Chessa(http_client=httpx.AsyncClient())  # refused: arg-type reportArgumentType
AsyncChessa(http_client=httpx.Client())  # refused: arg-type reportArgumentType
Chessa(transport=httpx.AsyncHTTPTransport)  # refused: arg-type reportArgumentType
AsyncChessa(transport=httpx.HTTPTransport)  # refused: arg-type reportArgumentType
Chessa(ssl_context=False)  # refused: arg-type reportArgumentType
Chessa(hooks=told)  # refused: arg-type reportArgumentType
Chessa(hooks=Hooks(told))  # refused: call-arg reportCallIssue
Chessa(hooks=Hooks(on_request=told))  # refused: call-arg reportCallIssue
Chessa(hooks=Hooks(response=told))  # refused: arg-type reportArgumentType

client = Chessa()
on_asyncio = AsyncChessa()

# Resources and options.
print(client.refunds)  # refused: attr-defined reportAttributeAccessIssue
print(client.orders.cancel)  # refused: attr-defined reportAttributeAccessIssue
print(client.orders.with_options)  # refused: attr-defined reportAttributeAccessIssue
client.orders = on_asyncio.orders  # refused: assignment reportAttributeAccessIssue
client.with_options(retries=3)  # refused: call-arg reportCallIssue
client.with_options(5)  # refused: call-arg reportCallIssue
client.with_options(client_secret="another")  # refused: call-arg reportCallIssue
client.with_options(max_retries=None)  # refused: arg-type reportArgumentType
client.with_options(extra_headers={"x-trace": 1})  # refused: dict-item reportArgumentType
client.with_options().orders.cancel("o")  # refused: attr-defined reportAttributeAccessIssue
wrong: AsyncChessa = client.with_options(timeout=5)  # refused: assignment reportAssignmentType

# Raw responses hold the result; they are not the result.
raw = client.with_raw_response
print(raw.orders.retrieve("o").status)  # refused: attr-defined reportAttributeAccessIssue
print(raw.orders.retrieve("o").json())  # refused: attr-defined reportAttributeAccessIssue
print(raw.orders.retrieve("o").parsed.refund_id)  # refused: attr-defined reportAttributeAccessIssue
print(raw.orders.retrieve(orderid="o"))  # refused: call-arg reportCallIssue
print(raw.with_options(timeout=5))  # refused: attr-defined reportAttributeAccessIssue
raw.orders.retrieve("o").status_code = 201  # refused: misc reportAttributeAccessIssue

# The two kinds of `with`, and of closing.
with AsyncChessa():  # refused: attr-defined reportGeneralTypeIssues
    pass
on_asyncio.close()  # refused: attr-defined reportAttributeAccessIssue
client.aclose()  # refused: attr-defined reportAttributeAccessIssue


async def mixed_up() -> None:
    async with Chessa():  # refused: attr-defined reportGeneralTypeIssues
        pass
    await client.orders.retrieve("o")  # refused: misc reportGeneralTypeIssues
    asyncio.run(client.orders.list())  # refused: arg-type reportArgumentType
