import java.util.ArrayList;
import java.util.List;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;

/**
 * Puts one record per key and round with PutRecords until it is told to stop. What was not
 * acknowledged is put again before the next round, so that the order within a key is the order of
 * its numbers; a put whose outcome is unknown may therefore be in the stream twice.
 */
final class Producer extends Thread {
  private static final int KEYS = 64;
  private static final int PAUSE_MILLIS = 200;

  private final KinesisAsyncClient kinesis;
  private final String stream;
  private final Ledger ledger;
  private volatile boolean stopping = false;
  private volatile int retried = 0;
  private volatile Throwable failure = null;

  Producer(KinesisAsyncClient kinesis, String stream, Ledger ledger) {
    super("producer");
    this.kinesis = kinesis;
    this.stream = stream;
    this.ledger = ledger;
    setDaemon(true);
  }

  @Override
  public void run() {
    try {
      for (int number = 0; !stopping; number++) {
        round(number);
        Thread.sleep(PAUSE_MILLIS);
      }
    } catch (Throwable error) {
      failure = error;
    }
  }

  private void round(int number) throws InterruptedException {
    List<Integer> open = new ArrayList<>();
    for (int key = 0; key < KEYS; key++) {
      open.add(key);
    }
    while (!open.isEmpty()) {
      List<Integer> failed = new ArrayList<>();
      PutRecordsResponse answer = put(open, number);
      for (int n = 0; n < open.size(); n++) {
        if (answer.records().get(n).errorCode() == null) {
          ledger.acknowledge("key-" + open.get(n), number);
        } else {
          failed.add(open.get(n));
        }
      }
      retried += failed.size();
      open = failed;
      if (!open.isEmpty()) {
        Thread.sleep(PAUSE_MILLIS);
      }
    }
  }

  private PutRecordsResponse put(List<Integer> keys, int number) {
    List<PutRecordsRequestEntry> entries = new ArrayList<>();
    for (int key : keys) {
      SdkBytes data = SdkBytes.fromUtf8String("key-" + key + " " + number);
      entries.add(PutRecordsRequestEntry.builder().data(data).partitionKey("key-" + key).build());
    }
    return kinesis.putRecords(b -> b.streamName(stream).records(entries)).join();
  }

  /** Ends after the round under way and tells how many entries were put more than once. */
  int finish() throws InterruptedException {
    stopping = true;
    join(30_000);
    if (failure != null) {
      throw new IllegalStateException("the producer failed", failure);
    }
    return retried;
  }
}
