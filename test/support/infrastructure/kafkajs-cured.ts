/**
 * Loads the adapter's kafkajs before anything else loads its own: what the adapter puts right in it must be
 * there first. Loaded by every process of mocha (.mocharc.json), as several spec files follow one another in
 * each.
 */
import '@arrivals/adapters/kafka';
