# serve.awk - merged rows of perf/serve as a table for each question: a line a
# system, medians and extremes.  "above" is the processor time of a request less
# that of the bare epoll loop, which is the kernel's but for very little.

BEGIN {
    FS = "\t"
}

{
    if (!($3 in asked)) {
        asked[$3] = 1
        question[++questions] = $3
    }
    if (!($1 in version))
        system_name[++systems] = $1
    version[$1] = $2
    workers = $4
    median[$3, $1, $5] = $7
    least[$3, $1, $5] = $8
    most[$3, $1, $5] = $9
}

END {
    for (i = 1; i <= systems; i++)
        printf "%s%s %s", (i > 1 ? ", " : ""), system_name[i], \
                version[system_name[i]]
    printf ", %s workers\n", workers
    for (q = 1; q <= questions; q++)
        table(question[q])
}

function table(q,    i)
{
    printf "\n%-10s %25s %28s %7s %9s %9s %9s\n", q, "requests/s", \
            "server CPU ns a request", "above", "p50 us", "p99 us", "p99.9 us"
    for (i = 1; i <= systems; i++) {
        if ((q, system_name[i], "rate") in median)
            line(q, system_name[i])
    }
    for (i = 1; i <= systems; i++) {
        if (median[q, system_name[i], "others"] > 10)
            printf "%-10s others took %.0f %% of a processor meanwhile\n", \
                    system_name[i], median[q, system_name[i], "others"]
        if ((q, system_name[i], "memory") in median)
            printf "%-10s %.0f bytes an idle connection; all idle: " \
                    "%.0f us of CPU a second\n", system_name[i], \
                    median[q, system_name[i], "memory"], \
                    median[q, system_name[i], "idle"]
    }
}

function line(q, name,    above)
{
    above = "-"
    if ((q, "epoll", "cpu") in median)
        above = sprintf("%.0f", median[q, name, "cpu"] - \
                median[q, "epoll", "cpu"])
    printf "%-10s %25s %28s %7s %9s %9s %9s\n", name, \
            spread(q, name, "rate"), spread(q, name, "cpu"), above, \
            micros(q, name, "p50"), micros(q, name, "p99"), \
            micros(q, name, "p999")
}

function spread(q, name, metric)
{
    return sprintf("%.0f (%.0f-%.0f)", median[q, name, metric], \
            least[q, name, metric], most[q, name, metric])
}

function micros(q, name, metric)
{
    return sprintf("%.1f", median[q, name, metric])
}
