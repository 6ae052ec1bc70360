//! Both machines in one process.
