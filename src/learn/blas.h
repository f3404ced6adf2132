/* blas.h - the CBLAS functions we use, in OpenBLAS.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * cblas.h and the headers of GSL define the same names differently and do not go into one file; this
 * header goes with both. The arguments that CBLAS has as enumerations are int here.
 */
#ifndef AUS_LEARN_BLAS_H
#define AUS_LEARN_BLAS_H

enum {
  AUS_BLAS_ROWS = 101, /* row-major */
  AUS_BLAS_PLAIN = 111,
  AUS_BLAS_TRANSPOSED = 112,
  AUS_BLAS_LOWER = 122,
  AUS_BLAS_NON_UNIT = 131,
  AUS_BLAS_LEFT = 141,
  AUS_BLAS_RIGHT = 142
};

/** Number of threads of the library, for the whole process. */
void openblas_set_num_threads(int n);

double cblas_ddot(int n, const double *x, int inc_x, const double *y, int inc_y);
void cblas_dtrsv(int order, int uplo, int trans, int diag, int n, const double *a, int lda,
                 double *x, int inc_x);
void cblas_dtrmv(int order, int uplo, int trans, int diag, int n, const double *a, int lda,
                 double *x, int inc_x);
void cblas_dtrsm(int order, int side, int uplo, int trans, int diag, int m, int n, double alpha,
                 const double *a, int lda, double *b, int ldb);
void cblas_dtrmm(int order, int side, int uplo, int trans, int diag, int m, int n, double alpha,
                 const double *a, int lda, double *b, int ldb);
void cblas_dsyrk(int order, int uplo, int trans, int n, int k, double alpha, const double *a,
                 int lda, double beta, double *c, int ldc);

#endif
