/* SPDX-License-Identifier: Apache-2.0
 *
 * tls_error: why a TLS handshake failed, in words that name the cause and the
 * cure. It only reads OpenSSL's codes. RFC 5280 section 6 is how a chain is
 * checked, RFC 9525 how a name is.
 */
#ifndef SHS_NET_TLS_ERROR_H
#define SHS_NET_TLS_ERROR_H

/* What was found while the server's chain was checked. */
typedef struct shs_tls_error_t {
    long error;      /* X509_V_ERR_...; X509_V_OK: nothing is wrong with it */
    int depth;       /* of the certificate it is about; 0: the server's own */
    int lacks_names; /* the server's has no subjectAltName */
} shs_tls_error_t;

/* Why the chain is not trusted. Static. */
const char *shs_tls_error_describe_chain(const shs_tls_error_t *tls_error);

/* What the last error in OpenSSL's queue says of the server, such as the alert
 * that it sent (RFC 8446 section 6). Static; NULL: nothing of use. */
const char *shs_tls_error_describe_server(unsigned long error);

#endif
