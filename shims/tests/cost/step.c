/*
 * Counts what a program does until it becomes another one: instructions, CPUID instructions (a virtual
 * machine stops at each), page faults and system calls, without that execve.
 *
 *     step PROGRAM [ARGUMENT...]
 *
 * Steps through the program with ptrace, which needs no special kernel, and ends it there. A repeated
 * string instruction counts once for each repetition.
 */

#include <elf.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

struct place {
    unsigned long instruction;
    unsigned long call;
};

static struct place place_of(pid_t pid)
{
#if defined(__x86_64__)
    struct user_regs_struct registers;
#elif defined(__aarch64__)
    struct user_regs_struct registers;
#else
#error "only for x86-64 and arm64"
#endif
    struct iovec vector = { &registers, sizeof registers };
    struct place place;
    if (ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &vector) != 0) {
        perror("PTRACE_GETREGSET");
        exit(2);
    }
#if defined(__x86_64__)
    place.instruction = registers.rip;
    place.call = registers.rax;
#else
    place.instruction = registers.pc;
    place.call = registers.regs[8];
#endif
    return place;
}

static int is_call(unsigned long word)
{
#if defined(__x86_64__)
    return (word & 0xffff) == 0x050f;
#else
    return (word & 0xffffffff) == 0xd4000001;
#endif
}

static int is_cpuid(unsigned long word)
{
#if defined(__x86_64__)
    return (word & 0xffff) == 0xa20f;
#else
    (void)word;
    return 0;
#endif
}

/* Field 10 of /proc/PID/stat, counted from the end of the name, which may hold anything. */
static long faults_of(pid_t pid)
{
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "r");
    size_t length = file ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file)
        fclose(file);
    text[length] = 0;
    char *field = strrchr(text, ')');
    for (int i = 0; field && i < 8; i++)
        field = strchr(field + 1, ' ');
    return field ? atol(field) : -1;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    pid_t pid = fork();
    if (pid == 0) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        raise(SIGSTOP);
        execv(argv[1], argv + 1);
        perror(argv[1]);
        _exit(2);
    }
    int status;
    waitpid(pid, &status, 0);
    ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL);
    ptrace(PTRACE_CONT, pid, 0, 0);
    waitpid(pid, &status, 0);
    if (status >> 8 != (SIGTRAP | PTRACE_EVENT_EXEC << 8)) {
        fprintf(stderr, "%s did not start\n", argv[1]);
        return 2;
    }
    long start = faults_of(pid), faults = 0, instructions = 0, cpuids = 0, calls = 0;
    char numbers[4096] = "";
    for (;;) {
        struct place place = place_of(pid);
        unsigned long word = ptrace(PTRACE_PEEKTEXT, pid, place.instruction, 0);
        int call = is_call(word), becomes = call && place.call == SYS_execve;
        instructions++;
        cpuids += is_cpuid(word);
        if (becomes)
            faults = faults_of(pid) - start;
        ptrace(PTRACE_SINGLESTEP, pid, 0, 0);
        waitpid(pid, &status, 0);
        if (!WIFSTOPPED(status)) {
            fprintf(stderr, "%s ended without becoming another program\n", argv[1]);
            return 1;
        }
        if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8))
            break;
        if (WSTOPSIG(status) != SIGTRAP) {
            fprintf(stderr, "%s got signal %d\n", argv[1], WSTOPSIG(status));
            return 1;
        }
        if (call) {
            size_t length = strlen(numbers);
            snprintf(numbers + length, sizeof numbers - length, " %lu", place.call);
            calls++;
        }
    }
    printf("instructions %ld\ncpuid %ld\nfaults %ld\ncalls %ld\nnumbers%s\n", instructions, cpuids,
           faults, calls, numbers);
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    return 0;
}
