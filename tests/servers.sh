#!/bin/sh
# servers.sh - the servers among the examples, with clients that are not ours.
#
# A check that needs a client which is not installed is skipped, with a line that
# says so.  What no ordinary client does is done by tests/peer.
#
# Each server is stopped by SIGTERM and has to end well: under a sanitizer that
# also says that it has leaked nothing.
#
# Environment: srcdir; EXAMPLES_DIR and PEER, where the programs are; SERVERS,
# which of the parts below to run: default all.
set -u

examples=${EXAMPLES_DIR:-examples}
peer=${PEER:-tests/peer}
[ -x "$examples/echo" ] && [ -x "$peer" ] || exit 77
work=$(mktemp -d) || exit 99
log=$work/log
server=
port=
failures=0

cleanup() {
    [ -z "$server" ] || kill -9 "$server" 2>/dev/null
    [ -z "$helper" ] || kill -9 "$helper" 2>/dev/null
    rm -rf "$work"
}
helper=
trap cleanup EXIT
trap 'exit 99' HUP INT TERM

# Whether a client is there.
have() {
    command -v "$1" >/dev/null && return
    echo "SKIP: $1 is not installed"
    return 1
}

# There are several programs of this name; this one half-closes.
have_nc() {
    have nc || return
    nc -h 2>&1 | grep -q -e '-N.*[Ss]hutdown' && return
    echo "SKIP: nc is not that of OpenBSD"
    return 1
}

# check NAME COMMAND...: the command succeeds.
check() {
    name=$1
    shift
    if "$@" >"$work/said" 2>&1; then
        echo "ok: $name"
    else
        failures=$((failures + 1))
        echo "FAIL: $name"
        head -n 20 "$work/said" | sed 's/^/    /'
    fi
}

# says NAME TEXT COMMAND...: and prints this.
says() {
    text=$2
    name=$1
    shift 2
    said=$("$@" 2>&1)
    if [ "$said" = "$text" ]; then
        echo "ok: $name"
    else
        failures=$((failures + 1))
        echo "FAIL: $name: not what is wanted but"
        printf '%s\n' "$said" | head -n 20 | sed 's/^/    /'
    fi
}

# is_between LEAST MOST NUMBER: says what it is if not.
is_between() {
    [ "$3" -ge "$1" ] && [ "$3" -le "$2" ] || echo "$3"
}

# start PROGRAM ARGUMENT...: the last address is a port of TCP, which the system
# picks; it is in $port.
start() {
    : >"$log"
    "$@" >>"$log" 2>&1 &
    server=$!
    for _ in $(seq 200); do
        port=$(sed -n 's/^listening at .*:\([0-9][0-9]*\)$/\1/p' "$log")
        [ -z "$port" ] || return 0
        kill -0 "$server" 2>/dev/null || break
        sleep 0.05
    done
    echo "FAIL: $1 does not listen:"
    cat "$log"
    exit 1
}

stop() {
    kill -TERM "$server"
    wait "$server"
    status=$?
    server=
    if [ $status -eq 0 ]; then
        echo "ok: $1 stops"
    else
        failures=$((failures + 1))
        echo "FAIL: $1 ended with status $status, and said:"
        cat "$log"
    fi
}

# await FILE: until there is something in it.
await() {
    for _ in $(seq 200); do
        [ ! -s "$1" ] || return 0
        sleep 0.05
    done
}

talk() {
    timeout 60 "$peer" talk "$port"
}

# through COMMAND...: sends the file of noise and gets it back.
through() {
    # shellcheck disable=SC2094 # both only read it
    timeout 30 "$@" <"$work/noise" | cmp - "$work/noise"
}

#
# echo
#

test_echo() {
    start "$examples/echo" -w 2 "unix:$work/echo" 127.0.0.1:0
    check "echo gives back all" "$peer" pour "$port" 20000000
    if have_nc; then
        check "echo talks to nc" through nc -N 127.0.0.1 "$port"
        check "echo talks to nc over a Unix socket" \
            through nc -N -U "$work/echo"
    fi
    if have socat; then
        check "echo talks to socat" through socat -t10 - "TCP:127.0.0.1:$port"
    fi

    # A connection that is open does not hold up the end.
    printf 'a> x\na< x\na= it is open\na!\n' >"$work/script"
    timeout 30 "$peer" talk "$port" <"$work/script" >"$work/open" &
    helper=$!
    await "$work/open"
    stop echo
    check "echo closes what is open when it stops" wait "$helper"
    helper=
    check "echo removes its Unix socket" test ! -e "$work/echo"
}

# Fewer descriptors than clients: those who wait are served in the end.
test_shortage() {
    # shellcheck disable=SC2016 # for the inner shell
    start sh -c 'ulimit -n 40 && exec "$0" "$@"' \
        "$examples/echo" -w 2 127.0.0.1:0
    check "echo serves more clients than it has descriptors" \
        timeout 60 "$peer" crowd "$port" 200
    stop "echo without descriptors"
}

#
# httpd
#

make_folder() {
    mkdir -p "$work/www/folder" "$work/www/.hidden"
    printf 'hello\n' >"$work/www/index.html"
    printf 'in it\n' >"$work/www/folder/index.html"
    printf 'a b\n' >"$work/www/a b.txt"
    printf 'secret\n' >"$work/www/.hidden/file"
    printf 'secret\n' >"$work/secret"
    : >"$work/www/empty"
    cp "$work/noise" "$work/www/noise.bin"
    mkfifo "$work/www/fifo"
}

get() {
    curl -sS --max-time 30 "$@"
}

# The status of a request.
status_of() {
    get -o /dev/null -w '%{http_code}' --path-as-is "$@"
}

# All of it, of the type that Prometheus knows; and HEAD.
test_httpd_metrics() {
    get -D "$work/head" "$1" >"$work/got" || return
    cat "$work/head" "$work/got"
    tr -d '\r' <"$work/head" | grep -qix \
        'Content-Type: text/plain; version=0\.0\.4; charset=utf-8' &&
        grep -q '^steal_workers{runtime="[a-z]*"} 2$' "$work/got" &&
        grep -q '^steal_worker_polls_total{.*worker="1"} [0-9]*$' "$work/got" &&
        tail -n 1 "$work/got" | grep -q 'worker="relief"} [0-9]*$' &&
        test "$(status_of -I "$1")" = 200
}

test_httpd_curl() {
    url=http://127.0.0.1:$port
    says "httpd sends an index" hello get "$url/"
    says "httpd sends what is in a folder" "in it" get -L "$url/folder"
    says "httpd undoes %XX" "a b" get "$url/a%20b.txt?query"
    says "httpd sends an empty file" "" get "$url/empty"
    get "$url/noise.bin" >"$work/got"
    check "httpd sends a large file" cmp "$work/got" "$work/noise"
    says "httpd answers HEAD" 200 status_of -I "$url/noise.bin"
    says "httpd keeps connections" "hello
1hello
0" get -w '%{num_connects}' "$url/" "$url/"
    date=$(get -I "$url/" | tr -d '\r' | sed -n 's/^Last-Modified: //p')
    says "httpd sends only what has changed" 304 \
        status_of -H "If-Modified-Since: $date" "$url/"
    check "httpd tells its metrics" test_httpd_metrics "$url/metrics"
    says "httpd keeps the connection for them" "200:1;200:0;" get \
        -w '%{http_code}:%{num_connects};' -o /dev/null "$url/metrics" \
        -o /dev/null "$url/metrics"
    says "httpd tells no metrics for POST" 405 status_of -d x "$url/metrics"
    says "httpd speaks HTTP/1.0" hello get -0 "$url/"
    says "httpd knows what it has not" 404 status_of "$url/none"
    says "httpd sends no FIFO" 404 status_of "$url/fifo"
    says "httpd sends nothing hidden" 404 status_of "$url/.hidden/file"
    says "httpd stays in its folder" 404 status_of "$url/../secret"
    says "httpd stays in its folder, with %XX" 404 \
        status_of "$url/folder/%2e%2e%2f..%2fsecret"
    says "httpd has nothing for POST" 405 status_of -d x "$url/"
    says "httpd passes over a chunked body" 405405 status_of \
        -H 'Transfer-Encoding: chunked' -d @"$work/www/index.html" "$url/" \
        -o /dev/null "$url/"
    says "httpd takes no large body" 413 \
        status_of --data-binary @"$work/noise" "$url/"
    says "httpd takes no large body without asking, either" 413 \
        status_of -H Expect: --data-binary @"$work/noise" "$url/"
    says "httpd takes no large head" 431 \
        status_of -H "X: $(head -c 20000 /dev/zero | tr '\0' x)" "$url/"
    says "httpd takes no long target" 414 \
        status_of "$url/$(head -c 20000 /dev/zero | tr '\0' x)"
}

test_httpd_pieces() {
    talk <<-'EOT'
	a. GET / HTTP/1.1\r\nHost: x\r\n\r\n
	a< 200 OK
	a< \r\n\r\nhello\n
	a*100 GET /none HTTP/1.1\r\nHost: x\r\n\r\n
	a> POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhelloGET /
	a<  405 
	a> empty HTTP/1.1\r\nHost: x\r\n\r\n
	a<  200 
	a< Content-Length: 0\r\n\r\n
	a> GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n
	a< Connection: close
	a< hello
	a!
	b> GET / HTTP/1.1\r\n\r\n
	b<  400 
	b!
	c> GET / HTTP/1.1\r\nHost: x\r\n\r\n
	c|
	c< hello
	c!
	EOT
}

# Every one of many requests in one piece has its answer, in order.
test_httpd_pipeline() {
    {
        for i in $(seq 200); do
            printf 'a> GET /%s HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n\n' \
                "$([ $((i % 2)) -eq 0 ] && echo none)"
        done
        for i in $(seq 200); do
            echo "a< $([ $((i % 2)) -eq 0 ] && echo ' 404 ' || echo hello)"
        done
    } >"$work/script"
    talk <"$work/script"
}

test_wrk() {
    wrk -t 2 -c 50 -d 1 "$1" >"$work/wrk" 2>&1
    cat "$work/wrk"
    grep -q 'requests in' "$work/wrk" &&
        ! grep -q 'Socket errors\|Non-2xx' "$work/wrk"
}

test_httpd() {
    make_folder
    start "$examples/httpd/httpd" -w 2 "$work/www" 127.0.0.1:0
    # Ten seconds for a head, however many bytes come.
    printf 'a> GET / HTTP/1.1\\r\\nHost:\na<  408 \na!\n' >"$work/slow"
    timeout 60 "$peer" talk "$port" <"$work/slow" &
    helper=$!
    if have curl; then
        test_httpd_curl
    fi
    check "httpd reads requests in any pieces" test_httpd_pieces
    check "httpd answers a pipeline in order" test_httpd_pipeline
    if have wrk; then
        check "httpd serves wrk" test_wrk "http://127.0.0.1:$port/"
    fi
    check "httpd gives up a slow client" wait "$helper"
    helper=
    stop httpd
}

#
# proxy
#

test_proxy() {
    start "$examples/echo" 127.0.0.1:0
    echo_server=$server
    echo_port=$port
    start "$examples/proxy" -w 2 "localhost:$port" 127.0.0.1:0
    check "proxy forwards both ways" "$peer" pour "$port" 20000000
    if have_nc; then
        check "proxy talks to nc" through nc -N 127.0.0.1 "$port"
    fi
    proxy_server=$server
    server=$echo_server
    stop "what the proxy forwards to"
    server=$proxy_server
    check "proxy passes on that the server closes first" \
        timeout 60 "$peer" half "$echo_port" "$port"
    printf 'a!\n' >"$work/script"
    check "proxy closes if there is nobody to forward to" \
        talk <"$work/script"
    stop proxy
}

#
# kv
#

redis() {
    timeout 30 redis-cli -p "$port" "$@"
}

test_redis_cli() {
    says "kv answers PING" PONG redis ping
    says "kv sets" OK redis set key value
    says "kv gets" value redis get key
    says "kv has not" "" redis get none
    says "kv deletes" 1 redis del key none
    says "kv counts" 1 redis incr count
    says "kv counts on" 42 redis incrby count 41
    says "kv does not count past the end" \
        "ERR increment or decrement would overflow" \
        redis incrby count 9223372036854775807
    says "kv sets many" OK redis mset a 1 b 2 c 3
    says "kv gets many" "1
2

3" redis mget a b none c
    says "kv tells what exists" 3 redis exists a a b none
    says "kv lets a key live" 1 redis expire a 100
    says "kv tells how long" "" is_between 90 100 "$(redis ttl a)"
    says "kv lets it live for ever" 1 redis persist a
    says "kv tells that, too" -1 redis ttl a
    says "kv sets what is new" "" redis set a 2 nx
    says "kv lets a key die" 1 redis expire a 0
    says "kv has it no more" -2 redis ttl a
    says "kv sets for a while" OK redis set a 1 px 1
    says "kv does not know" "ERR unknown command" redis nonsense
    head -c 1000000 "$work/noise" | redis -x set noise >/dev/null
    redis get noise | head -c 1000000 >"$work/got"
    head -c 1000000 "$work/noise" >"$work/wanted"
    check "kv keeps a megabyte of anything" cmp "$work/got" "$work/wanted"
}

test_subscribers() {
    talk <<-'EOT'
	a> *2\r\n$9\r\nSUBSCRIBE\r\n$4\r\nnews\r\n
	a< subscribe\r\n$4\r\nnews\r\n:1\r\n
	b> SUBSCRIBE other news\r\n
	b< news\r\n:2\r\n
	c> PUBLISH news hello\r\n
	c< :2\r\n
	a< message\r\n$4\r\nnews\r\n$5\r\nhello\r\n
	b< message\r\n$4\r\nnews\r\n$5\r\nhello\r\n
	a> GET x\r\n
	a< -ERR
	a> UNSUBSCRIBE\r\n
	a< news\r\n:0\r\n
	a> PING\r\n
	a< +PONG
	c> PUBLISH news again\r\n
	c< :1\r\n
	b< again
	b> QUIT\r\n
	b!
	c> PUBLISH news nobody\r\n
	c< :0\r\n
	EOT
}

# One who does not read is given up; those who do hear everything.
test_slow_subscriber() {
    {
        printf 'a> SUBSCRIBE news\\r\\n\na< :1\n'
        printf 'b> SUBSCRIBE news\\r\\n\nb< :1\n'
        text=$(head -c 50000 /dev/zero | tr '\0' x)
        for _ in $(seq 600); do
            printf 'c> PUBLISH news %s\\r\\n\nc< \\n\nb< x\\r\\n\n' "$text"
        done
        printf 'a!\nc> PUBLISH news end\\r\\n\nc< :1\nb< end\n'
    } >"$work/script"
    talk <"$work/script"
}

test_resp_pieces() {
    talk <<-'EOT'
	a. *3\r\n$3\r\nSET\r\n$1\r\nx\r\n$3\r\n1\r\n\r\n
	a< +OK
	a*1000 GET x\r\n
	a> *2\r\n$4\r\nECHO\r\n$4\r\nlast\r\n
	a< last
	a> *1\r\n$-1\r\n
	a< -ERR Protocol error
	a!
	EOT
}

test_redis_benchmark() {
    redis-benchmark -p "$port" -q -n 20000 -t ping,set,get,incr,mset "$@" \
        >"$work/bench" 2>&1
    status=$?
    tr '\r' '\n' <"$work/bench" | grep 'requests per second'
    [ $status -eq 0 ] && ! grep -i error "$work/bench"
}

test_kv() {
    start "$examples/kv/kv" -w 2 127.0.0.1:0
    if have redis-cli; then
        test_redis_cli
    fi
    check "kv passes on what is published" test_subscribers
    check "kv gives up a slow subscriber" test_slow_subscriber
    check "kv reads requests in any pieces" test_resp_pieces
    if have redis-benchmark; then
        check "kv serves redis-benchmark" test_redis_benchmark
        check "kv serves redis-benchmark, sixteen deep" \
            test_redis_benchmark -P 16
    fi
    stop kv
}

#
# chat
#

test_conversation() {
    talk <<-'EOT'
	a< your name?
	a> ann\r\n
	a< welcome
	b> bob\n
	a< * bob has come\n
	b> hello
	b> , ann\n
	a< bob: hello, ann\n
	a. hi, \\bob\n
	b< ann: hi, \\bob\n
	c> cleo\n
	b< cleo has come
	b> /who\n
	b< cleo\nbob\nann\n
	a|
	a!
	b< * ann has left\n
	c> bye\n
	b< cleo: bye\n
	c> /quit\n
	c!
	b< * cleo has left\n
	EOT
}

# More than the buffers of the system and the mailbox hold.
test_deaf_member() {
    {
        printf 'a> ann\\n\na< welcome\nb> bob\\n\na< bob has come\n'
        printf 'a*40000 %s\\n\n' "$(head -c 800 /dev/zero | tr '\0' x)"
        printf 'b!\na< * bob has left\na> /who\\n\na< ann\n'
    } >"$work/script"
    talk <"$work/script"
}

test_chat() {
    start "$examples/chat" -w 2 127.0.0.1:0
    check "chat passes on what is said" test_conversation
    check "chat shows out who does not read" test_deaf_member
    stop chat
}

#
# dnsq
#

records="--address=/a.test/192.0.2.7 --address=/a.test/2001:db8::7
    --local=/none.test/ --mx-host=m.test,mail.m.test,10 --txt-record=t.test,hello"

# A server that knows these names, and one with an answer too long for UDP.
start_dnsmasq() {
    dns_port=$((20000 + $$ % 10000))
    long=
    for i in $(seq 40); do
        long="$long --txt-record=long.test,$i-$(printf '%060d' "$i")"
    done
    # shellcheck disable=SC2086 # many options
    dnsmasq --conf-file=/dev/null --keep-in-foreground --no-resolv --no-hosts \
        --listen-address=127.0.0.1 --bind-interfaces --port=$dns_port \
        --pid-file= --user= $records $long >"$log" 2>&1 &
    server=$!
    for _ in $(seq 100); do
        "$examples/dnsq/dnsq" -s "127.0.0.1:$dns_port" -n 1 -w 100 a.test \
            >"$work/said" 2>&1 && return
        kill -0 "$server" 2>/dev/null || break
        sleep 0.05
    done
    echo "SKIP: dnsmasq does not start: $(cat "$log")"
    return 1
}

ask() {
    timeout 30 "$examples/dnsq/dnsq" -s "127.0.0.1:$dns_port" "$@"
}

test_dnsq() {
    have dnsmasq && start_dnsmasq || return
    says "dnsq asks for A" "a.test. A 192.0.2.7" ask a.test
    says "dnsq asks for AAAA" "a.test. AAAA 2001:db8::7" ask a.test AAAA
    says "dnsq asks for MX" "m.test. MX 10 mail.m.test." ask m.test mx
    says "dnsq asks for TXT" 't.test. TXT "hello"' ask t.test txt
    says "dnsq tells what there is not" "no such name" ask none.test
    if have dig; then
        dig +short "@127.0.0.1" -p "$dns_port" long.test TXT | sort >"$work/wanted"
        ask long.test TXT | sed 's/^long.test. TXT //' | sort >"$work/got"
        check "dnsq asks by TCP for what is long, and hears what dig hears" \
            cmp "$work/got" "$work/wanted"
    fi
    kill "$server"
    wait "$server"
    server=
}

# Nobody there: nothing is sent back, or the system says so.
test_dnsq_alone() {
    start "$examples/echo" 127.0.0.1:0
    dns_port=$port
    ask -n 2 -w 100 a.test >"$work/said" 2>&1
    check "dnsq gives up" test $? -eq 2
    stop "what dnsq did not ask"
}

head -c 3000000 /dev/urandom >"$work/noise"
for part in ${SERVERS:-echo shortage httpd proxy kv chat dnsq dnsq_alone}; do
    "test_$part"
done
[ $failures -eq 0 ] || echo "$failures checks failed"
[ $failures -eq 0 ]
