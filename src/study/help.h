/* help.h - --help, --version and the generated parts of the man pages, all from the command table.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_STUDY_HELP_H
#define AUS_STUDY_HELP_H

#include "study/command.h"

/* Each prints and returns the exit status. Local, no MPI. */
int aus_help_version(void);
/** List of commands on stdout for --help (exit 0; 2 without any word), of one group for "serverless --help";
 * else a message about the first words and exit 2. */
int aus_help_program(int n_words, char *const *words);
int aus_help_command(const aus_command *command);
/** The OPTIONS and KEYS parts of a command's man page; no words: the list of commands. */
int aus_help_man(int n_words, char *const *words);

#endif
