// SPDX-License-Identifier: Apache-2.0
//
// The program mallsim, apart from main().
#ifndef JUCHU_SIM_PROGRAM_H
#define JUCHU_SIM_PROGRAM_H

// Runs until SIGINT or SIGTERM. Exit codes: 0 done, 1 refused with a message, 2 usage.
int sim_program(int argc, char **argv);

#endif
