import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.cloudwatch.CloudWatchAsyncClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.kinesis.common.ConfigsBuilder;
import software.amazon.kinesis.common.InitialPositionInStream;
import software.amazon.kinesis.common.InitialPositionInStreamExtended;
import software.amazon.kinesis.common.StreamIdentifier;
import software.amazon.kinesis.coordinator.Scheduler;
import software.amazon.kinesis.leases.LeaseManagementConfig;
import software.amazon.kinesis.lifecycle.events.InitializationInput;
import software.amazon.kinesis.lifecycle.events.LeaseLostInput;
import software.amazon.kinesis.lifecycle.events.ProcessRecordsInput;
import software.amazon.kinesis.lifecycle.events.ShardEndedInput;
import software.amazon.kinesis.lifecycle.events.ShutdownRequestedInput;
import software.amazon.kinesis.metrics.NullMetricsFactory;
import software.amazon.kinesis.processor.ShardRecordProcessor;
import software.amazon.kinesis.processor.SingleStreamTracker;
import software.amazon.kinesis.retrieval.KinesisClientRecord;
import software.amazon.kinesis.retrieval.RetrievalSpecificConfig;
import software.amazon.kinesis.retrieval.fanout.FanOutConfig;
import software.amazon.kinesis.retrieval.polling.PollingConfig;

/**
 * One KCL worker of one application. Its pauses are shorter than the defaults, its retries and
 * checks are the library's own; leases of finished shards stay so that they can be looked at.
 */
final class Worker {
  private final String application;
  private final Scheduler scheduler;
  private final Thread thread;
  private final Ledger ledger;

  Worker(
      String stream,
      boolean fanOut,
      KinesisAsyncClient kinesis,
      DynamoDbAsyncClient leases,
      Ledger ledger) {
    this.application = stream + "-app";
    this.ledger = ledger;
    this.scheduler = scheduler(stream, fanOut, kinesis, leases);
    this.thread = new Thread(scheduler, "kcl-" + stream);
    this.thread.setDaemon(true);
  }

  private Scheduler scheduler(
      String stream, boolean fanOut, KinesisAsyncClient kinesis, DynamoDbAsyncClient leases) {
    CloudWatchAsyncClient unused =
        CloudWatchAsyncClient.builder()
            .region(Region.US_EAST_1)
            .credentialsProvider(AnonymousCredentialsProvider.create())
            .build();
    SingleStreamTracker tracker =
        new SingleStreamTracker(
            StreamIdentifier.singleStreamInstance(stream),
            InitialPositionInStreamExtended.newInitialPosition(
                InitialPositionInStream.TRIM_HORIZON));
    ConfigsBuilder configs =
        new ConfigsBuilder(
            tracker, application, kinesis, leases, unused, "worker-1", () -> new Processor(ledger));
    return new Scheduler(
        configs.checkpointConfig(),
        configs.coordinatorConfig()
            .parentShardPollIntervalMillis(200)
            .shardConsumerDispatchPollIntervalMillis(100),
        leaseManagement(configs.leaseManagementConfig()),
        configs.lifecycleConfig(),
        configs.metricsConfig().metricsFactory(new NullMetricsFactory()),
        configs.processorConfig(),
        configs.retrievalConfig()
            .retrievalSpecificConfig(retrieval(stream, fanOut, kinesis, application)));
  }

  private static LeaseManagementConfig leaseManagement(LeaseManagementConfig config) {
    config.workerUtilizationAwareAssignmentConfig()
        .disableWorkerMetrics(true)
        .workerMetricsReporterFreqInMillis(2000);
    return config
        .failoverTimeMillis(3000)
        .leaseAssignmentIntervalMillis(1000L)
        .shardSyncIntervalMillis(1000)
        .leasesRecoveryAuditorExecutionFrequencyMillis(2000)
        .listShardsCacheAllowedAgeInSeconds(1)
        .cleanupLeasesUponShardCompletion(false);
  }

  private static RetrievalSpecificConfig retrieval(
      String stream, boolean fanOut, KinesisAsyncClient kinesis, String application) {
    if (fanOut) {
      return new FanOutConfig(kinesis).streamName(stream).applicationName(application);
    }
    return new PollingConfig(stream, kinesis).idleTimeBetweenReadsInMillis(250);
  }

  String application() {
    return application;
  }

  void start() {
    thread.start();
  }

  void stop() throws Exception {
    boolean graceful = scheduler.startGracefulShutdown().get(30, TimeUnit.SECONDS);
    thread.join(10_000);
    if (!graceful || thread.isAlive()) {
      throw new IllegalStateException("did not stop gracefully");
    }
  }

  /** Books what it is handed and checkpoints after every batch. */
  private static final class Processor implements ShardRecordProcessor {
    private final Ledger ledger;
    private String shard = "";

    Processor(Ledger ledger) {
      this.ledger = ledger;
    }

    @Override
    public void initialize(InitializationInput input) {
      shard = input.shardId();
    }

    @Override
    public void processRecords(ProcessRecordsInput input) {
      for (KinesisClientRecord record : input.records()) {
        String text = StandardCharsets.UTF_8.decode(record.data()).toString();
        String[] words = text.split(" ");
        if (!words[0].equals(record.partitionKey())) {
          throw new IllegalStateException(text + " under " + record.partitionKey());
        }
        ledger.process(shard, words[0], Integer.parseInt(words[1]));
      }
      if (!input.records().isEmpty()) {
        checkpoint(() -> input.checkpointer().checkpoint());
      }
    }

    @Override
    public void leaseLost(LeaseLostInput input) {}

    @Override
    public void shardEnded(ShardEndedInput input) {
      checkpoint(() -> input.checkpointer().checkpoint());
    }

    @Override
    public void shutdownRequested(ShutdownRequestedInput input) {
      checkpoint(() -> input.checkpointer().checkpoint());
    }

    private interface Checkpoint {
      void run() throws Exception;
    }

    private static void checkpoint(Checkpoint checkpoint) {
      try {
        checkpoint.run();
      } catch (Exception error) {
        throw new IllegalStateException(error);
      }
    }
  }
}
