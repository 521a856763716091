# table.awk - merged rows as a table: a line a metric, a column a system, and
# how many times the figure of libsteal a peer's is.  Less is better in all.

BEGIN {
    FS = "\t"
}

{
    if (!($1 in version))
        system_name[++systems] = $1
    version[$1] = $2
    workers = $4
    key = $3 FS $5 FS $6
    if (!(key in known)) {
        known[key] = 1
        order[++keys] = key
    }
    value[key, $1] = $7
    least[key, $1] = $8
    most[key, $1] = $9
}

END {
    for (i = 1; i <= systems; i++)
        printf "%s%s %s", (i > 1 ? ", " : ""), system_name[i], \
                version[system_name[i]]
    printf ", %d workers\n\n", workers

    printf "%-18s %-12s %-5s", "bench", "metric", "unit"
    printf " %11s", system_name[1]
    for (i = 2; i <= systems; i++)
        printf " %11s %7s", system_name[i], "ratio"
    if (systems == 1)
        printf " %11s %11s", "min", "max"
    print ""

    for (k = 1; k <= keys; k++)
        line(order[k])
}

function line(key,    i, part, own, x)
{
    split(key, part, FS)
    printf "%-18s %-12s %-5s", part[1], part[2], part[3]
    own = value[key, "libsteal"]
    for (i = 1; i <= systems; i++) {
        x = value[key, system_name[i]]
        printf " %11s", (x == "" ? "-" : sprintf("%.1f", x))
        if (i > 1)
            printf " %7s", ratio(x, own)
    }
    if (systems == 1)
        printf " %11.1f %11.1f", least[key, "libsteal"], most[key, "libsteal"]
    print ""
}

function ratio(x, own)
{
    return x == "" || own + 0 == 0 ? "-" : sprintf("%.2f", x / own)
}
