// SPDX-License-Identifier: Apache-2.0
//
// mallsim, the program: sockets and the machine's clock around the library. One server per mall
// and one for the control API; see mallsim --help.
#include "sim/program.h"

int main(int argc, char **argv)
{
    return sim_program(argc, argv);
}
