#include <stdio.h>

int main(void)
{
    puts("compiled in the cell");
    return 0;
}
