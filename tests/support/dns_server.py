"""A DNS server on this machine, of names that a test makes up."""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.resolver
import dns.rrset

Records = Mapping[tuple[str, str], list[str]]
"""By name and kind; an empty list says that the server fails."""


@contextmanager
def serving(records: Records) -> Iterator[dns.resolver.Resolver]:
    """A resolver that asks the server, which is there until the block ends."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=_serve, args=(server, records))
        thread.start()
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], server.getsockname()[1]
        try:
            yield resolver
        finally:
            server.sendto(b"", server.getsockname())
            thread.join()


def _serve(server: socket.socket, records: Records) -> None:
    while True:
        asked, caller = server.recvfrom(4096)
        if not asked:
            return
        server.sendto(_answer(dns.message.from_wire(asked), records).to_wire(), caller)


def _answer(asked: dns.message.Message, records: Records) -> dns.message.Message:
    question = asked.question[0]
    name = question.name.to_text(omit_final_dot=True)
    kind = dns.rdatatype.to_text(question.rdtype)
    answer = dns.message.make_response(asked)
    answer.flags |= dns.flags.RA
    if (name, kind) in records:
        if found := records[name, kind]:
            answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *found))
        else:
            answer.set_rcode(dns.rcode.SERVFAIL)
    elif name not in {known for known, _ in records}:
        answer.set_rcode(dns.rcode.NXDOMAIN)
    return answer
