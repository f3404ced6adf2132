/* gpuqueue/policy_learn.h - the bytes of learned policies, for the two files that know them; nobody else includes this.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_GPUQUEUE_POLICY_LEARN_H
#define AUS_GPUQUEUE_POLICY_LEARN_H

/* In front of the bytes of each; the policy's name and its content follow. */
#define AUS_GPUQUEUE_POLICY_MAGIC "auspex gpuqueue policy 1"

#endif
