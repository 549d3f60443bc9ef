/* The same with libc: what most small programs cost that do nothing but become another one. */

#include <unistd.h>

int main(int argc, char **argv)
{
    return argc < 2 ? 2 : execv(argv[1], argv + 1);
}
