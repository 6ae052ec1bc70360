// Passes TCP on to another port, and counts the bytes of both directions.
import net from "node:net";

export async function countingProxy(targetPort) {
  const proxy = { bytes: 0 };
  const server = net.createServer((client) => {
    const target = net.connect(targetPort, "127.0.0.1");
    for (const [from, to] of [[client, target], [target, client]]) {
      from.on("data", (data) => {
        proxy.bytes += data.length;
        if (!to.write(data)) {
          from.pause();
          to.once("drain", () => from.resume());
        }
      });
      from.on("end", () => to.end());
      from.on("error", () => to.destroy());
    }
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  proxy.port = server.address().port;
  proxy.close = () => server.close();
  return proxy;
}
