"""A provider in Python: it keeps how often words were used.

Needs grpcio, and provider_pb2.py as protoc makes it of provider.proto beside it:

    python3 -m grpc_tools.protoc -I../../pluginpb --python_out=. provider.proto

Its entry in the configuration has "plain": true, and "args" with the path of this
file. Its class and registration stand in words.mof.
"""

import os
import sys
import tempfile
import threading
from concurrent import futures

import grpc
import provider_pb2 as pb

STRING, UINT32, REFERENCE = 8, 19, 102
NOT_FOUND, INVALID_OBJECT, NOT_CAPABLE = 0x80041002, 0x8004100F, 0x80041024


class Words:
    def __init__(self):
        self.lock = threading.Lock()
        self.words = {"ox": 3}

    def call(self, request):
        """Yields the messages that answer a request."""
        try:
            if request.ability == pb.ENUMERATE:
                with self.lock:
                    words = dict(self.words)
                for text, count in words.items():
                    word = self.word(request, text, count)
                    yield pb.FromProvider(objects=pb.Objects(objects=[word]))
                yield pb.FromProvider(done=pb.Done())
            elif request.ability == pb.GET:
                text = self.property(request.object, "Text").texts[0]
                with self.lock:
                    count = self.words[text.lower()]
                yield pb.FromProvider(done=pb.Done(object=self.word(request, text, count)))
            elif request.ability == pb.PUT:
                texts = self.property(request.object, "Text").texts
                counts = self.property(request.object, "Count").uints
                if not texts or " " in texts[0]:
                    yield failure(INVALID_OBJECT, "%r is not a word" % list(texts))
                    return
                with self.lock:
                    self.words[texts[0].lower()] = counts[0] if counts else 0
                yield pb.FromProvider(done=pb.Done())
            elif request.ability == pb.GET_PROPERTY:
                with self.lock:
                    count = self.words.get(request.property.property_context.lower(), 0)
                yield pb.FromProvider(done=pb.Done(value=pb.Value(type=UINT32, uints=[count])))
            else:
                yield failure(NOT_CAPABLE, "")
        except KeyError:
            yield failure(NOT_FOUND, "")

    def word(self, request, text, count):
        return pb.Object(class_id=request.class_id, properties=[
            pb.Property(name="Text", value=pb.Value(type=STRING, texts=[text])),
            pb.Property(name="Count", value=pb.Value(type=UINT32, uints=[count])),
        ])

    def property(self, obj, name):
        return next((p.value for p in obj.properties if p.name == name), pb.Value())


def failure(status, text):
    return pb.FromProvider(done=pb.Done(error=pb.Error(status=status, text=text)))


class Handler(grpc.GenericRpcHandler):
    """Takes the two calls of provider.proto."""

    def __init__(self, provider, abilities):
        self.provider, self.abilities = provider, abilities

    def service(self, details):
        if details.method.endswith("/Describe"):
            return grpc.unary_unary_rpc_method_handler(
                lambda request, context: pb.Description(abilities=self.abilities),
                pb.DescribeRequest.FromString, pb.Description.SerializeToString)
        if details.method.endswith("/Call"):
            return grpc.stream_stream_rpc_method_handler(
                lambda messages, context: self.provider.call(next(messages).request),
                pb.FromHost.FromString, pb.FromProvider.SerializeToString)
        return None


def main():
    if os.environ.get("OPENWMI_PROVIDER") != "openwmi.provider.v1":
        sys.exit("words.py is started by OpenWMI")
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=16))
    server.add_generic_rpc_handlers([Handler(Words(), [pb.ENUMERATE, pb.GET, pb.PUT, pb.GET_PROPERTY])])
    where = os.path.join(os.environ.get("PLUGIN_UNIX_SOCKET_DIR") or tempfile.mkdtemp(), "words.sock")
    server.add_insecure_port("unix:" + where)
    server.start()
    print("1|1|unix|%s|grpc" % where, flush=True)
    sys.stdin.read()  # ends with the host
    server.stop(None)


if __name__ == "__main__":
    main()
