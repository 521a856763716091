# table.awk - merged rows as tables: a line a metric, a column a system, and how
# many times the figure of libsteal a peer's is.  Less is better in all.
#
# Questions that more than two peers answer make a table of their own, so that
# each is as wide as it must be.

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
        bench_of[key] = $3
    }
    if (!(($3, $1) in answers)) {
        answers[$3, $1] = 1
        answered[$3]++
    }
    value[key, $1] = $7
    least[key, $1] = $8
    most[key, $1] = $9
}

END {
    for (i = 1; i <= systems; i++)
        printf "%s%s %s", (i > 1 ? ", " : ""), system_name[i], \
                version[system_name[i]]
    printf ", %d workers\n", workers
    table(0)
    table(1)
}

function is_wide(bench)
{
    return answered[bench] > 3
}

# Those of the systems that answer anything in that table.
function pick_columns(wide,    i, k)
{
    columns = 0
    for (i = 1; i <= systems; i++) {
        for (k = 1; k <= keys; k++) {
            if (is_wide(bench_of[order[k]]) == wide &&
                    ((bench_of[order[k]], system_name[i]) in answers)) {
                column[++columns] = system_name[i]
                break
            }
        }
    }
}

function table(wide,    i, k)
{
    pick_columns(wide)
    if (columns == 0)
        return

    printf "\n%-18s %-12s %-5s", "bench", "metric", "unit"
    printf " %11s", column[1]
    for (i = 2; i <= columns; i++)
        printf " %11s %7s", column[i], "ratio"
    if (columns == 1)
        printf " %11s %11s", "min", "max"
    print ""

    for (k = 1; k <= keys; k++) {
        if (is_wide(bench_of[order[k]]) == wide)
            line(order[k])
    }
}

function line(key,    i, part, own, x)
{
    split(key, part, FS)
    printf "%-18s %-12s %-5s", part[1], part[2], part[3]
    own = value[key, "libsteal"]
    for (i = 1; i <= columns; i++) {
        x = value[key, column[i]]
        printf " %11s", figure(x)
        if (i > 1)
            printf " %7s", ratio(x, own)
    }
    if (columns == 1)
        printf " %11s %11s", figure(least[key, "libsteal"]), \
                figure(most[key, "libsteal"])
    print ""
}

function figure(x)
{
    return x == "" ? "-" : sprintf(x < 100 ? "%.2f" : "%.1f", x)
}

function ratio(x, own)
{
    return x == "" || own + 0 == 0 ? "-" : sprintf("%.2f", x / own)
}
