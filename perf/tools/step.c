/*
 * step.c - counts what one operation of a benchmark executes.
 *
 *     step perf/yield_one -c
 *
 * Runs the program under ptrace and, between the markers of perf/harness.h,
 * one instruction at a time, in all of its threads.  For each row of operations
 * that the program prints, three are printed: the instructions, the atomic
 * read-modify-writes (a locked instruction, an exchange with memory, or a full
 * fence) and the system calls of one operation.  Needs no hardware counters.
 *
 * A step costs a few microseconds, so timings under it mean nothing, and what
 * depends on them (who spins, who sleeps, what a timer does) is not what it is
 * at full speed: with one worker the counts hold.
 *
 * A thread that is inside a system call when counting begins is left there: it
 * stops by itself once it is out.  One that runs is interrupted.
 *
 * Exits with the status of the program, or 77 where tracing is not allowed.
 */
#include "../harness.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>

#define THREADS     1024
#define CODE_SLOTS  (1u << 18)
#define INSTRUCTION 16 /* bytes that decoding needs at most */
#define LINE        1024

/* What an instruction is; `CODE_NEW` is none. */
enum {
    CODE_NEW = 0,
    CODE_PLAIN = 1,
    CODE_RMW = 2,
    CODE_SYSCALL = 4,
    CODE_REPEAT = 8 /* traps once a round: counted once all the same */
};

struct thread {
    pid_t tid;
    bool in_syscall;
    uint64_t repeating; /* the address of a repeated instruction, or 0 */
};

struct code {
    uint64_t address;
    uint8_t kind;
};

struct counts {
    uint64_t instructions;
    uint64_t rmws;
    uint64_t syscalls;
};

static struct thread thread[THREADS];
static size_t threads;
static struct code code[CODE_SLOTS];
static struct counts counts;
static bool counting;

_Noreturn static void
die(const char *what)
{
    fprintf(stderr, "step: %s: %s\n", what, strerror(errno));
    exit(1);
}

static bool
is_string_opcode(uint8_t opcode)
{
    return (opcode >= 0xa4 && opcode <= 0xa7) ||
           (opcode >= 0xaa && opcode <= 0xaf);
}

static bool
is_prefix(uint8_t byte)
{
    return byte == 0xf0 || byte == 0xf2 || byte == 0xf3 || byte == 0x66 ||
           byte == 0x67 || byte == 0x2e || byte == 0x36 || byte == 0x3e ||
           byte == 0x26 || byte == 0x64 || byte == 0x65;
}

/* Looks at prefixes, the opcode and the byte behind it. */
static uint8_t
decode(const uint8_t *byte)
{
    bool lock = false;
    bool repeat = false;
    bool in_memory;
    int i = 0;

    for (; is_prefix(byte[i]) && i < INSTRUCTION - 4; i++) {
        lock |= byte[i] == 0xf0;
        repeat |= byte[i] == 0xf2 || byte[i] == 0xf3;
    }
    if ((byte[i] & 0xf0) == 0x40) /* REX */
        i++;
    in_memory = byte[i + 1] < 0xc0;

    if (lock)
        return CODE_RMW;
    if ((byte[i] == 0x86 || byte[i] == 0x87) && in_memory) /* xchg */
        return CODE_RMW;
    if (byte[i] == 0x0f && byte[i + 1] == 0xae && byte[i + 2] == 0xf0)
        return CODE_RMW; /* mfence */
    if (byte[i] == 0x0f && byte[i + 1] == 0x05)
        return CODE_SYSCALL;
    if (repeat && is_string_opcode(byte[i]))
        return CODE_REPEAT;
    return CODE_PLAIN;
}

/* The program does not change its code, so each address is decoded once. */
static uint8_t
kind_at(pid_t tid, uint64_t address)
{
    uint64_t hash = (address * UINT64_C(0x9e3779b97f4a7c15)) >> 32;
    struct code *slot = &code[hash & (CODE_SLOTS - 1)];
    long word[INSTRUCTION / sizeof(long)] = { 0 };

    if (slot->kind != CODE_NEW && slot->address == address)
        return slot->kind;
    for (size_t i = 0; i < INSTRUCTION / sizeof(long); i++) {
        uint64_t at = address + i * sizeof(long);

        word[i] = ptrace(PTRACE_PEEKTEXT, tid, (void *)at, NULL);
    }
    slot->address = address;
    slot->kind = decode((const uint8_t *)word);
    return slot->kind;
}

static struct thread *
thread_of(pid_t tid)
{
    for (size_t i = 0; i < threads; i++)
        if (thread[i].tid == tid)
            return &thread[i];
    if (threads == THREADS) {
        errno = EAGAIN;
        die("too many threads");
    }
    thread[threads] = (struct thread){ .tid = tid };
    return &thread[threads++];
}

static void
forget_thread(pid_t tid)
{
    *thread_of(tid) = thread[threads - 1];
    threads--;
}

static void
resume(const struct thread *t, bool step, int signo)
{
    /* A thread that was killed meanwhile is reported by the next wait. */
    if (ptrace(step ? PTRACE_SINGLESTEP : PTRACE_SYSCALL, t->tid, NULL,
                (void *)(intptr_t)signo) &&
            errno != ESRCH)
        die("resume");
}

/* Counts the instruction that the thread executes next, and lets it. */
static void
step(struct thread *t, int signo)
{
    struct user_regs_struct regs;
    uint8_t kind;

    if (ptrace(PTRACE_GETREGS, t->tid, NULL, &regs))
        return; /* killed */
    kind = kind_at(t->tid, regs.rip);
    if (kind == CODE_SYSCALL && regs.rax == SYS_getpid &&
            regs.rdi == PERF_COUNT_END) {
        counting = false;
        resume(t, false, signo);
        return;
    }

    if (kind != CODE_REPEAT || t->repeating != regs.rip)
        counts.instructions++;
    t->repeating = kind == CODE_REPEAT ? regs.rip : 0;
    counts.rmws += kind == CODE_RMW;
    counts.syscalls += kind == CODE_SYSCALL;
    t->in_syscall = kind == CODE_SYSCALL;
    resume(t, true, signo);
}

static void
begin_counting(void)
{
    counting = true;
    for (size_t i = 0; i < threads; i++)
        if (!thread[i].in_syscall)
            ptrace(PTRACE_INTERRUPT, thread[i].tid, NULL, NULL);
}

static void
print_count(const char *row, const char *metric, double n)
{
    printf("%s\t%s\tcount\t%.1f\t%.1f\t%.1f\n", row, metric, n, n, n);
}

/* Takes a line of the program: a row of operations makes rows of counts. */
static void
take_line(const char *line)
{
    char row[LINE];
    double ops;
    const char *tail = strstr(line, "\tops\tcount\t");

    if (!tail || sscanf(tail, "\tops\tcount\t%lf", &ops) != 1 || ops < 1) {
        fputs(line, stdout);
        return;
    }
    snprintf(row, sizeof row, "%.*s", (int)(tail - line), line);
    print_count(row, "instructions", (double)counts.instructions / ops);
    print_count(row, "rmw", (double)counts.rmws / ops);
    print_count(row, "syscalls", (double)counts.syscalls / ops);
    counts = (struct counts){ 0 };
    fflush(stdout);
}

/* The program has flushed what it printed before it executed the marker. */
static void
take_lines(FILE *lines)
{
    char line[LINE];

    while (fgets(line, sizeof line, lines))
        take_line(line);
    clearerr(lines);
}

/* At the entry or the exit of a system call, outside of a step. */
static void
take_syscall(struct thread *t, FILE *lines)
{
    struct user_regs_struct regs;

    t->in_syscall = !t->in_syscall;
    if (counting && !t->in_syscall) {
        step(t, 0);
        return;
    }
    if (t->in_syscall && !ptrace(PTRACE_GETREGS, t->tid, NULL, &regs) &&
            regs.orig_rax == SYS_getpid) {
        if (regs.rdi == PERF_COUNT_BEGIN)
            begin_counting();
        else if (regs.rdi == PERF_COUNT_ROW)
            take_lines(lines);
    }
    resume(t, counting, 0);
}

static void
take_stop(struct thread *t, int status, FILE *lines)
{
    int signo = WSTOPSIG(status);

    if (signo == (SIGTRAP | 0x80)) {
        take_syscall(t, lines);
        return;
    }
    t->in_syscall = false;
    if (status >> 16 || signo == SIGTRAP)
        signo = 0; /* an event or a step, not a signal */
    if (counting)
        step(t, signo);
    else
        resume(t, false, signo);
}

/* Returns the exit status of the program. */
static int
trace(pid_t program, FILE *lines)
{
    int result = 1;
    int status;
    pid_t tid;

    while ((tid = waitpid(-1, &status, __WALL)) > 0) {
        if (WIFSTOPPED(status)) {
            take_stop(thread_of(tid), status, lines);
            continue;
        }
        forget_thread(tid);
        if (tid == program)
            result = WIFEXITED(status) ? WEXITSTATUS(status)
                                       : 128 + WTERMSIG(status);
    }
    take_lines(lines);
    return result;
}

/* The program, which waits for the tracer at its `start`. */
_Noreturn static void
become(char **argv, int start, int out)
{
    char byte;

    if (read(start, &byte, 1) != 1 || dup2(out, STDOUT_FILENO) < 0)
        _exit(127);
    execvp(argv[0], argv);
    perror(argv[0]);
    _exit(127);
}

/* All on one processor: a step there costs a third of one across two. */
static void
stay_here(void)
{
    cpu_set_t here;

    CPU_ZERO(&here);
    CPU_SET(sched_getcpu(), &here);
    if (sched_setaffinity(0, sizeof here, &here))
        die("sched_setaffinity");
}

int
main(int argc, char **argv)
{
    const long options = PTRACE_O_TRACECLONE | PTRACE_O_TRACESYSGOOD |
                         PTRACE_O_EXITKILL;
    int start[2];
    int out[2];
    pid_t pid;

    if (argc < 2) {
        fprintf(stderr, "usage: %s program -c [options]\n", argv[0]);
        return 2;
    }
    if (pipe2(start, O_CLOEXEC) || pipe2(out, O_CLOEXEC) ||
            fcntl(out[0], F_SETFL, O_NONBLOCK))
        die("pipe");
    stay_here();
    pid = fork();
    if (pid < 0)
        die("fork");
    if (pid == 0)
        become(argv + 1, start[0], out[1]);
    close(out[1]);

    if (ptrace(PTRACE_SEIZE, pid, NULL, (void *)options)) {
        fprintf(stderr, "step: no tracing here: %s\n", strerror(errno));
        kill(pid, SIGKILL);
        return 77;
    }
    /* In a system call until the interrupt stops it, and in none after. */
    if (ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) ||
            write(start[1], "", 1) != 1)
        die("start");
    return trace(pid, fdopen(out[0], "r"));
}
