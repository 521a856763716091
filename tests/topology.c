/*
 * tests/topology.c - the order and the distances of processors in made-up trees
 * of /sys, and in what hwloc makes up.
 *
 * The linker sends sched_getaffinity() here.
 */
#include "../src/base/topology.h"

#include <stdarg.h>

#include "../src/base/rand.h"
#include "failing.h"
#include "tree.h"

/*
 * The mask
 */

#define PROCESSORS 2048

static struct {
    bool allowed[PROCESSORS];
    size_t size; /* in bytes, what the kernel wants at least */
    int error;   /* what the system says instead, or 0 */
} mask;

int __wrap_sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set);

int
__wrap_sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set)
{
    require(pid == 0);
    if (mask.error || size < mask.size) {
        errno = mask.error ? mask.error : EINVAL;
        return -1;
    }
    CPU_ZERO_S(size, set);
    for (size_t i = 0; i < PROCESSORS; i++)
        if (mask.allowed[i])
            CPU_SET_S(i, size, set);
    return 0;
}

static void
allow(unsigned first, unsigned last)
{
    for (; first <= last; first++)
        mask.allowed[first] = true;
}

static void
allow_only(unsigned first, unsigned last)
{
    memset(&mask, 0, sizeof mask);
    mask.size = 128;
    allow(first, last);
}

static void
set_up(void)
{
    make_root();
    allow_only(0, 0);
    memset(&failing, 0, sizeof failing);
}

/*
 * Machines
 */

#define SYSTEM "/sys/devices/system/"

/* A file of a processor, that is allowed from now on. */
static void
put_of(unsigned processor, const char *name, const char *text)
{
    char path[128];

    mask.allowed[processor] = true;
    snprintf(path, sizeof path, SYSTEM "cpu/cpu%u/%s", processor, name);
    put(path, text);
}

/* The list of one processor, or of two. */
static const char *
pair(unsigned a, unsigned b)
{
    static char text[32];

    if (a == b)
        snprintf(text, sizeof text, "%u\n", a);
    else if (a + 1 == b)
        snprintf(text, sizeof text, "%u-%u\n", a, b);
    else
        snprintf(text, sizeof text, "%u,%u\n", a, b);
    return text;
}

/* Level 1 is the core's. */
static void
put_caches(unsigned processor, const char *core, const char *l2, const char *l3)
{
    put_of(processor, "cache/index0/level", "1\n");
    put_of(processor, "cache/index0/shared_cpu_list", core);
    put_of(processor, "cache/index1/level", "2\n");
    put_of(processor, "cache/index1/shared_cpu_list", l2);
    put_of(processor, "cache/index2/level", "3\n");
    put_of(processor, "cache/index2/shared_cpu_list", l3);
}

/*
 * Two packages of four cores with two threads each; two cores share the last
 * level of cache, and each package has a memory of its own.  Processors 0 to 7 are
 * the first threads of the cores, 8 to 15 the second ones.
 */
static void
put_server(void)
{
    static const char *const l3[] = { "0-1,8-9\n", "2-3,10-11\n", "4-5,12-13\n",
        "6-7,14-15\n" };

    for (unsigned i = 0; i < 16; i++) {
        const char *core = pair(i % 8, i % 8 + 8);

        put_of(i, "topology/thread_siblings_list", core);
        put_of(i, "topology/core_cpus_list", core);
        put_of(i, "topology/physical_package_id", i % 8 < 4 ? "0\n" : "1\n");
        put_caches(i, core, core, l3[i % 8 / 2]);
    }
    put(SYSTEM "node/online", "0-1\n");
    put(SYSTEM "node/node0/cpulist", "0-3,8-11\n");
    put(SYSTEM "node/node1/cpulist", "4-7,12-15\n");
}

/* Two fast cores with two threads each, and two clusters of four slow ones, each
 * of which has one cache of level 2.  All have that of level 3. */
static void
put_laptop(void)
{
    for (unsigned i = 0; i < 12; i++) {
        const char *core = i < 4 ? pair(i & ~1u, i | 1u) : pair(i, i);
        const char *l2 = i < 4 ? core : i < 8 ? "4-7\n" : "8-11\n";

        put_of(i, "topology/core_cpus_list", core);
        put_of(i, "topology/physical_package_id", "0\n");
        put_of(i, "topology/die_cpus_list", "0-11\n");
        put_of(i, "topology/cluster_cpus_list", l2);
        put_caches(i, core, l2, "0-11\n");
    }
    put(SYSTEM "node/online", "0\n");
    put(SYSTEM "node/node0/cpulist", "0-11\n");
}

/*
 * What is to be seen
 */

static struct topology topology;

static void
read_tree(void)
{
    ck_assert_int_eq(steal__topology_read(&topology, root), 0);
}

/* Appends to a text. */
static __attribute__((format(printf, 2, 3))) void
add(char *text, const char *format, ...)
{
    size_t n = strlen(text);
    va_list args;

    va_start(args, format);
    vsnprintf(text + n, 4096 - n, format, args);
    va_end(args);
}

/* The processors of so many workers, as "0 2 1 3". */
static const char *
order_of(unsigned workers)
{
    static char text[4096];

    text[0] = '\0';
    for (unsigned i = 0; i < workers; i++)
        add(text, "%s%u", i ? " " : "",
                steal__topology_processor(&topology, i));
    return text;
}

/* The others as a worker sees them, as "1 | 2 3". */
static const char *
victims_of(unsigned worker, unsigned workers)
{
    static char text[4096];
    struct victims victims;
    unsigned group = 0;

    steal__topology_victims(&topology, worker, workers, &victims);
    ck_assert_uint_eq(victims.workers, workers);
    ck_assert_uint_eq(victims.processor,
            steal__topology_processor(&topology, worker));
    text[0] = '\0';
    for (unsigned i = 0; i < workers - 1; i++) {
        add(text, "%s%u", i ? " " : "", victims.other[i]);
        if (i + 1 == victims.end[group] && i + 2 < workers) {
            add(text, " |");
            group++;
        }
    }
    if (workers > 1)
        ck_assert_uint_eq(victims.end[group], workers - 1);
    return text;
}

/* Reads the tree, compares the order of as many workers as there are processors,
 * and what the first of them sees. */
#define assert_tree(order, victims)                     \
 do {                                                   \
  read_tree();                                          \
  ck_assert_str_eq(order_of(topology.n), order);        \
  ck_assert_str_eq(victims_of(0, topology.n), victims); \
  steal__topology_fini(&topology);                      \
 } while (0)

/*
 * Sysfs
 */

START_TEST(cores_come_first_and_their_second_threads_last)
{
    put_server();
    assert_tree("0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15",
            "8 | 1 9 | 2 3 10 11 | 4 5 6 7 12 13 14 15");
}
END_TEST

START_TEST(every_worker_sees_what_is_near_it)
{
    put_server();
    read_tree();
    ck_assert_str_eq(victims_of(6, 16),
            "14 | 7 15 | 4 5 12 13 | 0 1 2 3 8 9 10 11");
    ck_assert_str_eq(victims_of(11, 16),
            "3 | 2 10 | 0 1 8 9 | 4 5 6 7 12 13 14 15");
    ck_assert_str_eq(victims_of(2, 6), "3 | 0 1 | 4 5");
    steal__topology_fini(&topology);
}
END_TEST

START_TEST(near_processors_are_next_to_each_other_whatever_their_numbers)
{
    for (unsigned i = 0; i < 8; i++) {
        put_of(i, "topology/physical_package_id", i % 2 ? "1\n" : "0\n");
        put_of(i, "topology/thread_siblings_list",
                pair(i & ~4u, (i & ~4u) + 4));
    }
    assert_tree("0 2 1 3 4 6 5 7", "4 | 1 5 | 2 3 6 7");
}
END_TEST

START_TEST(second_threads_begin_with_that_of_the_first_core)
{
    for (unsigned i = 0; i < 6; i++) {
        put_of(i, "topology/core_cpus_list",
                i < 3 ? pair(i, 5 - i) : pair(5 - i, i));
        put_of(i, "topology/physical_package_id",
                i == 1 || i == 4 ? "1\n" : "0\n");
    }
    assert_tree("0 2 1 5 3 4", "3 | 1 4 | 2 5");
}
END_TEST

START_TEST(slow_cores_of_a_cluster_are_near_each_other)
{
    put_laptop();
    assert_tree("0 2 4 5 6 7 8 9 10 11 1 3", "10 | 1 2 3 4 5 6 7 8 9 11");
    read_tree();
    ck_assert_str_eq(victims_of(3, 12), "2 4 5 | 0 1 6 7 8 9 10 11");
    steal__topology_fini(&topology);
}
END_TEST

START_TEST(one_processor_has_nobody_to_steal_from)
{
    put_of(0, "topology/core_cpus_list", "0\n");
    assert_tree("0", "");
}
END_TEST

START_TEST(numbers_may_have_holes)
{
    allow_only(1, 1);
    put_of(1, "topology/physical_package_id", "3\n");
    put_of(4, "topology/physical_package_id", "9\n");
    put_of(70, "topology/physical_package_id", "3\n");
    put_of(1000, "topology/physical_package_id", "9\n");
    assert_tree("1 70 4 1000", "1 | 2 3");
}
END_TEST

START_TEST(mask_may_leave_some_of_a_machine)
{
    put_server();
    allow_only(2, 3);
    allow(10, 10);
    allow(13, 13);
    assert_tree("2 3 13 10", "3 | 1 | 2");
}
END_TEST

START_TEST(second_thread_counts_as_a_core_if_the_first_is_forbidden)
{
    put_server();
    allow_only(9, 11);
    allow(0, 0);
    assert_tree("0 9 10 11", "1 | 2 3");
}
END_TEST

START_TEST(sets_need_not_lie_in_each_other_in_a_certain_order)
{
    /* Two nodes in each of two packages, or the reverse: the same. */
    allow(0, 7);
    put(SYSTEM "node/online", "0-3\n");
    put(SYSTEM "node/node0/cpulist", "0-1\n");
    put(SYSTEM "node/node1/cpulist", "2,3\n");
    put(SYSTEM "node/node2/cpulist", "4-5\n");
    put(SYSTEM "node/node3/cpulist", "6-7\n");
    for (unsigned i = 0; i < 8; i++)
        put_of(i, "topology/physical_package_id", i < 4 ? "0\n" : "1\n");
    assert_tree("0 1 2 3 4 5 6 7", "1 | 2 3 | 4 5 6 7");
    for (unsigned i = 0; i < 8; i++)
        put_of(i, "topology/physical_package_id", pair(i / 2, i / 2));
    put(SYSTEM "node/online", "0,7\n");
    put(SYSTEM "node/node0/cpulist", "0-3\n");
    put(SYSTEM "node/node7/cpulist", "4-7\n");
    assert_tree("0 1 2 3 4 5 6 7", "1 | 2 3 | 4 5 6 7");
}
END_TEST

START_TEST(dies_and_caches_of_a_fourth_level_count)
{
    for (unsigned i = 0; i < 8; i++) {
        put_of(i, "cache/index0/level", "4\n");
        put_of(i, "cache/index0/shared_cpu_list", i < 4 ? "0-3\n" : "4-7\n");
        put_of(i, "topology/die_cpus_list", pair(i & ~1u, i | 1u));
    }
    assert_tree("0 1 2 3 4 5 6 7", "1 | 2 3 | 4 5 6 7");
}
END_TEST

START_TEST(without_files_all_are_equally_far)
{
    allow(0, 5);
    assert_tree("0 1 2 3 4 5", "1 2 3 4 5");
}
END_TEST

START_TEST(malformed_files_make_no_sets)
{
    static const char *const lists[] = { "", "\n", "x", "-1\n", "0-\n",
        "0-7,\n", ",0-7\n", "0-7 \n", "0--7\n", "7-0\n", "0-7,9-8\n",
        "0-99999999999999999999\n", "0x0-7\n", "8-15\n", "0-3,5,7-6\n" };

    for (size_t k = 0; k < LENGTH(lists); k++) {
        for (unsigned i = 0; i < 8; i++) {
            put_of(i, "topology/core_cpus_list", lists[k]);
            put_of(i, "topology/die_cpus_list", lists[k]);
            put_of(i, "topology/physical_package_id", lists[k]);
            put_caches(i, lists[k], lists[k], lists[k]);
        }
        put(SYSTEM "node/online", "0\n");
        put(SYSTEM "node/node0/cpulist", lists[k]);
        allow(8, 9); /* outside of what the lists may mean */
        assert_tree("0 1 2 3 4 5 6 7 8 9", "1 2 3 4 5 6 7 8 9");
    }
}
END_TEST

START_TEST(malformed_levels_and_nodes_are_skipped)
{
    static const char *const texts[] = { "", "0", "5\n", "-2\n", "2x\n",
        "99999999999999999999\n", "0-99999999999999999999\n" };

    for (size_t k = 0; k < LENGTH(texts); k++) {
        for (unsigned i = 0; i < 4; i++) {
            put_of(i, "cache/index0/level", texts[k]);
            put_of(i, "cache/index0/shared_cpu_list", pair(i & ~1u, i | 1u));
        }
        put(SYSTEM "node/online", texts[k]);
        assert_tree("0 1 2 3", "1 2 3");
    }
}
END_TEST

START_TEST(file_that_is_too_long_is_malformed)
{
    char list[9000] = "0-3";

    for (size_t n = 3; n + 3 < sizeof list; n += 2)
        strcpy(list + n, ",5");
    for (unsigned i = 0; i < 4; i++)
        put_of(i, "topology/die_cpus_list", list);
    allow(4, 5);
    assert_tree("0 1 2 3 4 5", "1 2 3 4 5");
}
END_TEST

START_TEST(lists_that_contradict_each_other_do_no_harm)
{
    put_of(0, "topology/core_cpus_list", "0-3\n");
    put_of(1, "topology/core_cpus_list", "1\n");
    put_of(2, "topology/core_cpus_list", "0,2\n");
    put_of(3, "topology/core_cpus_list", "1-3\n");
    assert_tree("0 1 2 3", "2 | 1 3");
}
END_TEST

/* Lists of any content: what comes out are all the others, each once. */
START_TEST(whatever_the_files_say_all_others_are_victims)
{
    struct rng rng;
    struct victims victims;

    rng_init(&rng, 1);
    for (int k = 0; k < scaled(60); k++) {
        for (unsigned i = 0; i < 8; i++) {
            unsigned a = rng_below(&rng, i + 1);

            put_of(i, "topology/core_cpus_list", pair(a, i));
            a = rng_below(&rng, i + 1);
            put_of(i, "topology/die_cpus_list", pair(a, i));
            put_of(i, "topology/physical_package_id",
                    pair(rng_below(&rng, 4), 99));
        }
        read_tree();
        for (unsigned i = 0; i < 8; i++) {
            unsigned seen = 1u << i;

            steal__topology_victims(&topology, i, 8, &victims);
            for (unsigned j = 0; j < 7; j++)
                seen ^= 1u << victims.other[j];
            ck_assert_uint_eq(seen, 0xff);
        }
        steal__topology_fini(&topology);
    }
}
END_TEST

/*
 * Workers
 */

START_TEST(workers_go_round_if_there_are_too_many)
{
    put_of(0, "topology/physical_package_id", "0\n");
    put_of(1, "topology/physical_package_id", "1\n");
    read_tree();
    ck_assert_str_eq(order_of(5), "0 1 0 1 0");
    ck_assert_str_eq(victims_of(0, 5), "2 4 | 1 3");
    ck_assert_str_eq(victims_of(3, 5), "1 | 0 2 4");
    ck_assert_str_eq(victims_of(0, 1), "");
    steal__topology_fini(&topology);
}
END_TEST

START_TEST(workers_on_one_processor_are_nearest)
{
    allow(0, 1);
    read_tree();
    ck_assert_str_eq(victims_of(0, 5), "2 4 | 1 3");
    steal__topology_fini(&topology);
}
END_TEST

START_TEST(most_workers_that_may_be_have_victims)
{
    struct victims victims;

    allow(0, 299);
    read_tree();
    steal__topology_victims(&topology, 17, STEAL_WORKERS_MAX, &victims);
    ck_assert_uint_eq(victims.end[0], STEAL_WORKERS_MAX - 1);
    ck_assert_uint_eq(victims.other[16], 16);
    ck_assert_uint_eq(victims.other[17], 18);
    ck_assert_uint_eq(victims.other[STEAL_WORKERS_MAX - 2],
            STEAL_WORKERS_MAX - 1);
    steal__topology_fini(&topology);
}
END_TEST

/*
 * What can go wrong
 */

START_TEST(kernel_may_have_more_processors_than_a_mask_usually)
{
    mask.size = 256;
    allow(1500, 1501);
    assert_tree("0 1500 1501", "1 2");
}
END_TEST

START_TEST(system_that_does_not_tell_is_an_error)
{
    mask.error = ENOSYS;
    ck_assert_int_eq(steal__topology_read(&topology, root), -ENOSYS);
    mask.error = EINVAL; /* to a mask of any size */
    ck_assert_int_eq(steal__topology_read(&topology, root), -EINVAL);
    memset(&mask, 0, sizeof mask);
    ck_assert_int_eq(steal__topology_read(&topology, root), -ENOTSUP);
}
END_TEST

START_TEST(out_of_memory_is_an_error_and_leaks_nothing)
{
    int error = -ENOMEM;
    int n = 0;

    put_server();
    while (error) {
        failing_begin(++n);
        failing_arm(true);
        error = steal__topology_read(&topology, root);
        failing_arm(false);
        require(error == 0 || error == -ENOMEM);
        if (!error)
            steal__topology_fini(&topology);
        failing_check_leaks(n);
        failing_end();
    }
    ck_assert_int_ge(n, 3);
}
END_TEST

START_TEST(no_file_stays_open)
{
    int before = open("/dev/null", O_RDONLY);
    int after;

    close(before);
    put_server();
    read_tree();
    steal__topology_fini(&topology);
    after = open("/dev/null", O_RDONLY);
    close(after);
    ck_assert_int_eq(after, before);
}
END_TEST

/*
 * Runtimes
 */

/* To processors that there are not. */
START_TEST(runtime_whose_workers_cannot_be_bound_runs)
{
    struct steal_options options = STEAL_OPTIONS_INIT;
    struct record record = RECORD_INIT;
    struct probe probe = probe_make(&record, 3, 5);

    allow_only(1800, 1802);
    mask.size = 256;
    options.workers = 4;
    options.flags = STEAL_PIN_WORKERS;
    ck_assert_int_eq(steal_run(&options, &probe.future), 5);
    mask.error = ENOSYS;
    probe = probe_make(&record, 3, 6);
    ck_assert_int_eq(steal_run(&options, &probe.future), 6);
}
END_TEST

START_TEST(runtime_without_memory_for_its_topology_does_not_begin)
{
    struct steal_options options = STEAL_OPTIONS_INIT;
    struct steal_runtime *runtime;
    int error = -ENOMEM;
    int n = 0;

    options.workers = 2;
    options.flags = STEAL_PIN_WORKERS;
    while (error) {
        failing_begin(++n);
        failing_arm(true);
        error = steal_runtime_new(&runtime, &options);
        failing_arm(false);
        require(error == 0 || error == -ENOMEM);
        if (!error)
            require(steal_runtime_stop(runtime, STEAL_FOREVER) == 0);
        failing_check_leaks(n);
        failing_end();
    }
    ck_assert_int_ge(n, 5);
}
END_TEST

/*
 * Hwloc, which makes a machine up if it is told to
 */

#ifdef HAVE_HWLOC

START_TEST(hwloc_tells_of_cores_and_caches)
{
    allow(0, 15);
    setenv("HWLOC_SYNTHETIC", "package:2 l3:2 core:2 pu:2", 1);
    ck_assert_int_eq(steal__topology_read(&topology, ""), 0);
    ck_assert_str_eq(order_of(16), "0 2 4 6 8 10 12 14 1 3 5 7 9 11 13 15");
    ck_assert_str_eq(victims_of(0, 16),
            "8 | 1 9 | 2 3 10 11 | 4 5 6 7 12 13 14 15");
    steal__topology_fini(&topology);
    unsetenv("HWLOC_SYNTHETIC");
}
END_TEST

START_TEST(hwloc_tells_of_memory)
{
    allow(0, 7);
    setenv("HWLOC_SYNTHETIC", "numa:2 package:2 pu:2", 1);
    ck_assert_int_eq(steal__topology_read(&topology, ""), 0);
    ck_assert_str_eq(victims_of(0, 8), "1 | 2 3 | 4 5 6 7");
    steal__topology_fini(&topology);
    unsetenv("HWLOC_SYNTHETIC");
}
END_TEST

START_TEST(hwloc_may_not_know_a_processor)
{
    allow(0, 2);
    allow(99, 99);
    setenv("HWLOC_SYNTHETIC", "package:2 pu:2", 1);
    ck_assert_int_eq(steal__topology_read(&topology, ""), 0);
    ck_assert_str_eq(order_of(4), "0 1 2 99");
    ck_assert_str_eq(victims_of(0, 4), "1 | 2 3");
    steal__topology_fini(&topology);
    unsetenv("HWLOC_SYNTHETIC");
}
END_TEST

#endif

/* The true one: nobody knows what it is like, but it is one. */
START_TEST(this_machine_is_read)
{
    char seen[STEAL_WORKERS_MAX] = "";

    allow(0, 7);
    ck_assert_int_eq(steal__topology_read(&topology, ""), 0);
    ck_assert_uint_eq(topology.n, 8);
    for (unsigned i = 0; i < 8; i++)
        seen[steal__topology_processor(&topology, i)]++;
    for (unsigned i = 0; i < 8; i++)
        ck_assert_int_eq(seen[i], 1);
    steal__topology_fini(&topology);
}
END_TEST

static Suite *
topology_suite(void)
{
    const TTest *const tests[] = {
        cores_come_first_and_their_second_threads_last,
        every_worker_sees_what_is_near_it,
        near_processors_are_next_to_each_other_whatever_their_numbers,
        second_threads_begin_with_that_of_the_first_core,
        slow_cores_of_a_cluster_are_near_each_other,
        one_processor_has_nobody_to_steal_from,
        numbers_may_have_holes,
        mask_may_leave_some_of_a_machine,
        second_thread_counts_as_a_core_if_the_first_is_forbidden,
        sets_need_not_lie_in_each_other_in_a_certain_order,
        dies_and_caches_of_a_fourth_level_count,
        without_files_all_are_equally_far,
        malformed_files_make_no_sets,
        malformed_levels_and_nodes_are_skipped,
        file_that_is_too_long_is_malformed,
        lists_that_contradict_each_other_do_no_harm,
        whatever_the_files_say_all_others_are_victims,
        workers_go_round_if_there_are_too_many,
        workers_on_one_processor_are_nearest,
        most_workers_that_may_be_have_victims,
        kernel_may_have_more_processors_than_a_mask_usually,
        system_that_does_not_tell_is_an_error,
        out_of_memory_is_an_error_and_leaks_nothing,
        no_file_stays_open,
        runtime_whose_workers_cannot_be_bound_runs,
        runtime_without_memory_for_its_topology_does_not_begin,
#ifdef HAVE_HWLOC
        hwloc_tells_of_cores_and_caches,
        hwloc_tells_of_memory,
        hwloc_may_not_know_a_processor,
#endif
        this_machine_is_read,
    };
    Suite *suite = suite_create("topology");
    TCase *tcase = tcase_create("topology");

    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, set_up, remove_root);
    for (size_t i = 0; i < LENGTH(tests); i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    return suite;
}

int
main(void)
{
    SRunner *runner = srunner_create(topology_suite());
    int failed;

    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
